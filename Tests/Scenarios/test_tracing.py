"""A trace goes on through the proxy, with a span of its own."""

import pytest

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
STATE = "vendor=1,other=2"


async def test_trace_is_continued_and_logged(proxy, provider, upstream):
    fields = [("traceparent", f"00-{TRACE}-{PARENT}-01"), ("tracestate", STATE)]
    assert (await proxy.call(provider.user_token(), fields=fields)).status == 200
    (seen,) = upstream.requests
    version, trace, span, flags = seen.head.value("traceparent").split("-")
    assert (version, trace, flags) == ("00", TRACE, "01") and span not in (PARENT, "0" * 16)
    assert seen.head.value("tracestate") == STATE
    await proxy.stop()
    (record,) = proxy.records("request")
    assert (record["trace_id"], record["span_id"]) == (TRACE, span)


async def test_refused_call_is_logged_under_its_trace(proxy, upstream):
    await proxy.call("{{X}}", fields=[("traceparent", f"00-{TRACE}-{PARENT}-00")])
    await proxy.stop()
    (record,) = proxy.records("request")
    assert record["trace_id"] == TRACE and record["reason"] == "placeholder_token"


@pytest.mark.parametrize(
    "values", [[], ["nonsense"], [f"00-{TRACE.upper()}-{PARENT}-01"], [f"00-{TRACE}-{PARENT}-01"] * 2]
)
async def test_no_trace_is_made_up(proxy, provider, upstream, values):
    assert (await proxy.call(provider.user_token(), fields=[("traceparent", value) for value in values])).status == 200
    (seen,) = upstream.requests
    assert seen.head.value("traceparent") is None
    await proxy.stop()
    (record,) = proxy.records("request")
    assert "trace_id" not in record
