from __future__ import annotations

from unit.local.lines import log, logs_line, span, spans_line

CHAT = {
    "kind": 3,
    "gen_ai__operation__name": "chat",
    "gen_ai__usage__input_tokens": 1200,
    "gen_ai__usage__output_tokens": 34,
}
ONE, TWO, THREE = "1" * 32, "2" * 32, "2" * 9 + "3" * 23
TEXT = spans_line(
    span(1, "invoke_agent \x1b[2J", trace=ONE, lasts=1500),
    span(2, "chat", parent=1, trace=ONE, **CHAT),
    span(3, "failing", trace=TWO, at=60_000, lasts=125_000, status={"code": 2}),
) + logs_line(log(4, "agentel.started", trace=THREE, at=120_000, agentel__task__type="review"))


def test_traces_are_listed_with_the_last_one_first(agentel):
    assert agentel("traces", "--from", "-", stdin=TEXT).out == (
        "trace       started               duration  calls    tokens  outcome    name\n"
        "2222222223  2026-01-01 00:02:00Z       n/a      0       n/a  not ended  task review\n"
        "2222222222  2026-01-01 00:01:00Z     2m05s      0       n/a  error      failing\n"
        "1111111111  2026-01-01 00:00:00Z     1.50s      1  1,200→34  completed  "
        "invoke_agent \\x1b[2J\n"
    )


def test_only_the_last_ones_are_listed_when_there_are_many(agentel):
    assert agentel("traces", "-n", "1", "--from", "-", stdin=TEXT).out.splitlines()[1:] == [
        "2222222223  2026-01-01 00:02:00Z       n/a      0     n/a  not ended  task review",
        "and 2 earlier traces",
    ]


def test_a_limit_that_is_no_number_is_a_usage_error(agentel):
    answer = agentel("traces", "-n", "0")
    assert (answer.code, "0 is not in the range x>=1" in answer.err) == (2, True)


def test_no_traces_are_said(agentel):
    answer = agentel("traces", "--from", "-")
    assert (answer.out, answer.code) == ("no traces\n", 0)
