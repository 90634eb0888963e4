internal import Bytes
internal import OpenSSL

/// The page's own style and script, which are in the binary, and the policy that lets a browser run these and nothing
/// else: should a text ever get out of its place, it still does nothing.
enum PageAssets {
    static let style: Markup = """

        :root { color-scheme: light dark;
          --back: #fff; --text: #1b1f24; --soft: #57606a; --line: #d0d7de; --raised: #f6f8fa;
          --good: #116329; --fault: #b00020; --warning: #7a4d00;
          --good-back: #e6f6ea; --fault-back: #ffebee; --warning-back: #fff5db; }
        @media (prefers-color-scheme: dark) { :root {
          --back: #0d1117; --text: #e6edf3; --soft: #9da7b3; --line: #30363d; --raised: #161b22;
          --good: #56d364; --fault: #ff8a80; --warning: #e3b341;
          --good-back: #0f2a17; --fault-back: #3b1216; --warning-back: #33270a; } }
        * { box-sizing: border-box; }
        body { margin: 0 auto; padding: 1rem; max-width: 90rem; background: var(--back); color: var(--text);
          font: 15px/1.45 system-ui, sans-serif; }
        h1 { font-size: 1.6rem; margin: 0; }
        h2 { font-size: 1.1rem; margin: 1.6rem 0 .4rem; }
        p { margin: .3rem 0; }
        a { color: inherit; }
        header { padding: .8rem 1rem; border-left: .5rem solid; border-radius: 4px; }
        header p, header time { color: var(--text); }
        header.good { background: var(--good-back); border-color: var(--good); }
        header.fault { background: var(--fault-back); border-color: var(--fault); }
        header.warning { background: var(--warning-back); border-color: var(--warning); }
        .good { color: var(--good); } .fault { color: var(--fault); } .warning { color: var(--warning); }
        .problems { list-style: none; margin: .8rem 0 0; padding: 0; }
        .problems li { padding: .5rem .8rem; margin: .3rem 0; border-left: .3rem solid; background: var(--raised);
          border-radius: 4px; }
        .problems li { color: var(--text); } .problems li.fault { border-color: var(--fault); }
        .problems li.warning { border-color: var(--warning); }
        .problems .fault .word { color: var(--fault); } .problems .warning .word { color: var(--warning); }
        .problems .word { text-transform: uppercase; font-size: .8rem; }
        .problems .advice { display: block; }
        .wide { overflow-x: auto; }
        table { border-collapse: collapse; width: 100%; }
        th, td { text-align: left; vertical-align: top; padding: .35rem .7rem .35rem 0;
          border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
        th[scope=row] { min-width: 16rem; }
        thead th { white-space: nowrap; color: var(--soft); font-weight: 600; font-size: .85rem; overflow-wrap: normal; }
        td.number { font-variant-numeric: tabular-nums; white-space: nowrap; overflow-wrap: normal; }
        td.advice { min-width: 16rem; }
        td:first-child, td b, td b + br + small, code { white-space: nowrap; }
        small, dt, footer { color: var(--soft); }
        small { font-size: .85rem; font-weight: 400; }
        code { font: .85rem ui-monospace, monospace; }
        dl { display: grid; grid-template-columns: max-content auto; gap: .2rem 1rem; margin: 0; }
        dd { margin: 0; }
        footer { margin-top: 2rem; font-size: .85rem; }

        """

    static let script: Markup = """

        "use strict";
        (() => {
          const pause = 5000, live = document.getElementById("live");
          let timer, seen = new Date();
          async function look() {
            try {
              const answer = await fetch("/", { cache: "no-store", signal: AbortSignal.timeout(4000) });
              if (!answer.ok) throw new Error();
              const page = new DOMParser().parseFromString(await answer.text(), "text/html");
              const next = page.querySelector("main"), now = document.querySelector("main");
              if (!next) throw new Error();
              document.title = page.title;
              seen = new Date();
              // Whoever has selected something wants to copy it.
              if (getSelection().isCollapsed) show(now, next);
              say("Keeps itself up to date.", "");
            } catch {
              say("No answer from the proxy since " + seen.toLocaleTimeString() + ": what you see is from then.", "fault");
            }
          }
          // Only what has changed, so that nothing flickers, scrolls back or loses its focus.
          function show(now, next) {
            if (now.isEqualNode(next)) return;
            if (now.nodeType === next.nodeType && now.nodeName === next.nodeName && now.children
                && now.childNodes.length === next.childNodes.length && now.childNodes.length) {
              for (const { name, value } of next.attributes) now.setAttribute(name, value);
              [...next.childNodes].forEach((child, place) => show(now.childNodes[place], child));
            } else now.replaceWith(document.importNode(next, true));
          }
          function say(text, look) {
            if (live.textContent !== text) live.textContent = text;
            live.className = look;
          }
          function turn() {
            clearInterval(timer);
            if (document.hidden) return;
            look();
            timer = setInterval(look, pause);
          }
          document.addEventListener("visibilitychange", turn);
          turn();
        })();

        """

    /// Content-Security-Policy, with the digests of the two above.
    static let policy = """
        default-src 'none'; style-src '\(source(of: style))'; script-src '\(source(of: script))'; connect-src 'self'; \
        img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
        """

    private static func source(of asset: Markup) -> String {
        let text = asset.html
        let digest = SHA256.digest(text.utf8.span).bytes
        let source = ByteBuffer(capacity: 64)
        source.append("sha256-" as StaticString)
        source.appendBase64(digest.span)
        return String(decoding: source.bytes, as: UTF8.self)
    }
}
