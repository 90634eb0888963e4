"""The page at `/` in a real browser: what is wrong comes first, texts stay texts, and it keeps itself up to date."""

import pytest
from fixtures import behaviour
from fixtures.browser import Browser

HOSTILE = "</script><img src=x onerror=\"document.title='broken in'\">\u202e"

# The lowest contrast of any text with what is behind it, by WCAG 2.2 (1.4.3).
LOWEST_CONTRAST = """
(() => {
  const parts = text => text.match(/[\\d.]+/g).map(Number);
  const light = text => {
    const [r, g, b] = parts(text).map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const behind = element => {
    for (; element; element = element.parentElement) {
      const colour = getComputedStyle(element).backgroundColor;
      if (parts(colour)[3] !== 0) return colour;
    }
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let lowest = 21;
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || ["SCRIPT", "STYLE"].includes(element.tagName)) continue;
    const [one, other] = [light(getComputedStyle(element).color), light(behind(element))];
    lowest = Math.min(lowest, (Math.max(one, other) + .05) / (Math.min(one, other) + .05));
  }
  return lowest;
})()
"""


@pytest.fixture
async def browser(tmp_path):
    async with Browser(tmp_path / "browser") as browser:
        yield browser


def page_of(proxy):
    return "http://{}:{}/".format(*proxy.admin)


async def text(browser):
    return await browser.evaluate("document.body.innerText")


async def look_again(browser):
    """Has the page do what it does every five seconds."""
    await browser.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


async def test_shows_what_is_there(proxy, provider, browser):
    await proxy.call(provider.user_token())
    await proxy.call("{{LIBRECHAT_OPENID_ACCESS_TOKEN}}")
    await proxy.settles("obo_requests_total", 2)
    await browser.open(page_of(proxy))
    assert await browser.evaluate("document.title") == "All is well – obo-proxy"
    shown = await text(browser)
    for part in ("tickets", "answers", "mints tokens", "keys are there", "placeholder_token", "1 miss", "client secret"):
        assert part in shown
    [refusal] = (await proxy.ask("GET", "/status")).json()["refusals"]
    assert refusal["request_id"] in shown and refusal["advice"] in shown
    assert provider.client_secret not in await browser.evaluate("document.documentElement.outerHTML")


@pytest.mark.parametrize("name", ["TITLE", "DESCRIPTION"])
async def test_texts_stay_texts(start_proxy, browser, name):
    proxy = await start_proxy(**{f"OBO_SERVER_TICKETS_{name}": HOSTILE})
    await browser.open(page_of(proxy))
    await look_again(browser)
    await browser.until("document.getElementById('live').textContent.startsWith('Keeps')")
    assert await browser.evaluate("document.title") == "All is well – obo-proxy"
    assert await browser.evaluate("document.images.length") == 0
    assert "</script><img src=x" in await text(browser)
    assert not browser.faults


async def test_needs_nothing_from_elsewhere(proxy, browser):
    await browser.open(page_of(proxy))
    await look_again(browser)
    await browser.until("document.getElementById('live').textContent.startsWith('Keeps')")
    assert {url for url in browser.requested if not url.startswith("data:")} == {page_of(proxy)}
    assert not browser.faults, "its own style and script are let through by its own policy"
    policy = (await proxy.ask("GET", "/")).value("content-security-policy")
    assert "default-src 'none'" in policy and "unsafe" not in policy


async def test_the_policy_holds(proxy, browser):
    """Should a text ever get out of its place, it still does nothing."""
    await browser.open(page_of(proxy))
    await browser.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"document.title = 1\">');"
        "const script = document.createElement('script'); script.text = 'document.title = 2'; document.body.append(script)"
    )
    await browser.until("true")
    assert await browser.evaluate("document.title") == "All is well – obo-proxy"
    assert browser.faults


async def test_keeps_itself_up_to_date(proxy, provider, browser):
    await browser.open(page_of(proxy))
    await browser.evaluate("window.kept = document.querySelector('h2')")
    await proxy.call(provider.user_token("bob", exp=1))
    await proxy.settles("obo_requests_total", 1)
    await look_again(browser)
    await browser.until("document.body.innerText.includes('expired_token')")
    assert await browser.evaluate("window.kept === document.querySelector('h2')"), "what is the same is left alone"
    provider.always(behaviour.answer(500))
    for number in range(4):
        await proxy.call(provider.user_token(f"user{number}"))
    await look_again(browser)
    await browser.until("document.title === '1 problem – obo-proxy'")
    assert "It fails and is left alone" in await text(browser)


async def test_says_when_nobody_answers(start_proxy, browser):
    proxy = await start_proxy()
    await browser.open(page_of(proxy))
    await proxy.stop()
    await look_again(browser)
    await browser.until("document.getElementById('live').textContent.startsWith('No answer')")


async def test_is_whole_without_scripts(proxy, provider, browser):
    await proxy.call(provider.user_token())
    await browser.ask("Emulation.setScriptExecutionDisabled", value=True)
    await browser.open(page_of(proxy))
    assert "mints tokens" in await text(browser)
    assert await browser.evaluate("document.querySelector('noscript meta[http-equiv=refresh]') !== null")


@pytest.mark.parametrize("state", ["well", "broken"])
async def test_can_be_read_in_light_and_dark(proxy, provider, browser, state):
    if state == "broken":
        provider.always(behaviour.answer(500))
        for number in range(4):
            await proxy.call(provider.user_token(f"user{number}"))
    await browser.open(page_of(proxy))
    backgrounds = set()
    for scheme in ("light", "dark"):
        await browser.prefers(scheme)
        assert await browser.evaluate(LOWEST_CONTRAST) >= 4.5, scheme
        backgrounds.add(await browser.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert len(backgrounds) == 2


async def test_tables_say_what_their_cells_are(proxy, browser):
    await browser.open(page_of(proxy))
    assert await browser.evaluate("document.querySelectorAll('table').length") > 0
    unnamed = "[...document.querySelectorAll('th')].filter(cell => !cell.scope).length"
    assert await browser.evaluate(unnamed) == 0
    assert await browser.evaluate("document.documentElement.lang") == "en"
    assert await browser.evaluate("document.querySelectorAll('h1').length") == 1
