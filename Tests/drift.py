#!/usr/bin/env python3
"""Compares what the code says of itself with what README.md, CONTRIBUTING.md and proxy.yaml say.

What this prevents fails silently: a setting nobody can find, a refusal nobody can look up, an alert on a metric that
was renamed, a rule that no longer holds. Each check returns sentences; any sentence fails the build.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BINARY = ROOT / ".build/debug/obo-proxy"
# How to deploy it, a page each.
PAGES = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "deploy").glob("*.md"))
# Of LibreChat's own settings, which README names.
FOREIGN_VARIABLES = {"OPENID_CALLBACK_URL", "OPENID_REUSE_TOKENS", "OPENID_SCOPE", "OPENID_SESSION_SECRET"}
# The binary's variable that is no setting.
OTHER_VARIABLES = {"OBO_CONFIG"}
LONGEST_FILE = 400
LONGEST_PATH = 60


def read(path):
    return (ROOT / path).read_text()


def section(text, heading):
    """What stands under a heading, up to the next one."""
    found = re.search(rf"^##+ {re.escape(heading)}\n(.*?)(?=^##|\Z)", text, re.M | re.S)
    return found[1] if found else ""


def table(text, *heading):
    """The rows of the table with that heading, without the backticks."""
    lines = text.splitlines()
    start = "| " + " | ".join(heading)
    for number, line in enumerate(lines):
        if line.startswith(start):
            rows = []
            for row in lines[number + 2:]:
                if not row.startswith("|"):
                    break
                rows.append([cell.strip().replace("`", "") for cell in row.strip("|").split("|")])
            return rows
    return []


def compare(what, code, written):
    """What two mappings or sets disagree on."""
    code, written = [dict(each) if isinstance(each, dict) else dict.fromkeys(each) for each in (code, written)]
    yield from (f"{what} {name} is not documented" for name in code if name not in written)
    yield from (f"{what} {name} is documented but does not exist" for name in written if name not in code)
    for name in code:
        if name in written and code[name] != written[name]:
            yield f"{what} {name} is {code[name]} in the code, but {written[name]} is documented"


def listed_keys():
    output = subprocess.run([BINARY, "check", "--list-keys"], capture_output=True, text=True, check=True).stdout
    return [line.split("\t") for line in output.splitlines()]


def settings():
    code = {key: (variable.replace("-", "–"), default) for key, variable, default in listed_keys()}
    rows = table(read("README.md"), "Key", "Variable", "Default")
    yield from compare("setting", code, {key: (variable, default) for key, variable, default, *_ in rows})


def uncommented(text):
    """proxy.yaml with every commented key in force: a # that one space and a word do not follow."""
    for line in text.splitlines():
        body = line.lstrip()
        if body.startswith("#") and len(body) > 1 and not re.match(r"# \S", body):
            line = line[: len(line) - len(body)] + body[1:]
        yield line


def reference_file():
    import yaml

    def paths(tree, prefix=""):
        for key, value in tree.items():
            path = f"{prefix}{key}"
            if isinstance(value, dict) and path not in maps:
                yield from paths(value, f"{path}.")
            else:
                yield path

    maps = {"exchange.parameters", "servers.<name>.obo.parameters", "servers.<name>.headers"}
    tree = yaml.safe_load("\n".join(uncommented(read("proxy.yaml"))))
    tree.pop("providers")
    tree["servers"] = {"<name>": next(iter(tree["servers"].values()))}
    yield from compare("proxy.yaml: key", {key for key, *_ in listed_keys()}, set(paths(tree)))


def variables():
    """Every variable that a text mentions exists, and those of others that the code reads are mentioned."""
    known = {variable for _, variable, _ in listed_keys() if variable != "-"} | OTHER_VARIABLES
    known_server = [re.escape(name).replace("<NAME>", "[A-Z0-9_]+") for name in known if "<NAME>" in name]
    schema = read("Sources/Configuration/Schema/Schema.swift")
    foreign = {f"AZURE_{name}" for name in re.findall(r'\.azure\("(\w+)"\)', schema)}
    foreign |= {f"OPENID_{name}" for name in re.findall(r'\.openID\("(\w+)"\)', schema)}
    foreign |= set(re.findall(r'"(AZURE_\w+|OPENID_\w+)"', schema))
    for path in ["README.md", "proxy.yaml", "deploy/.env.example", "deploy/obo-proxy.1", *PAGES]:
        for name in sorted(set(re.findall(r"\bOBO_[A-Z_<>]+[A-Z>]", read(path)))):
            if name not in known and not any(re.fullmatch(pattern, name) for pattern in known_server):
                yield f"{path}: variable {name} does not exist"
    mentioned = set(re.findall(r"\b(?:AZURE|OPENID)_[A-Z_]+\b", read("README.md"))) - FOREIGN_VARIABLES
    yield from compare("variable", foreign, mentioned)


def refusals():
    source = read("Sources/MCP/Refusal.swift")
    names = {case: raw or case for case, raw in re.findall(r'^    case (\w+)(?: = "(\w+)")?$', source, re.M)}
    faults = dict(re.findall(r'^        case (\w+) = "(\w+)"$', source, re.M))
    rows = re.findall(r"case \.(\w+):\s+Row\(\s*\.(\w+), (\d+),", read("Sources/MCP/RefusalTable.swift"))
    code = {names[case]: (faults.get(fault, fault), status) for case, fault, status in rows}
    if set(code) != set(names.values()):
        yield "drift.py no longer understands the table of refusals"
    rows = table(read("README.md"), "Reason", "Fault")
    yield from compare("refusal", code, {reason: (fault, status) for reason, fault, status, *_ in rows})
    source = read("Sources/MCP/RefusalAdvice.swift")
    advice = {names[case]: text for case, text in re.findall(r'case \.(\w+):\s+"([^"]+)"', source)}
    plain = {reason: re.sub(r"\[(.*?)\]\(.*?\)", r"\1", text) for reason, _, _, text in rows}
    yield from compare("advice for", advice, plain)


def provider_errors():
    """What providers say, and what becomes of it: the tables of the taxonomy, to the letter."""
    faults = "Sources/OnBehalfOf/Faults"
    reasons = dict(re.findall(r'^        case (\w+) = "(\w+)"$', read(f"{faults}/Reason.swift"), re.M))
    source = read(f"{faults}/EntraCategory.swift")
    names = {case: raw or case for case, raw in re.findall(r'^    case (\w+)(?: = "(\w+)")?$', source, re.M)}
    rows = re.findall(r'case \.(\w+):\s+Row\(\s*\.(\w+),\s*\[([\d_,\s]+)\],.*?"([^"]+)"\s*\)', source, re.S)
    code = {
        names[case]: (" ".join(sorted(re.findall(r"\d+", numbers.replace("_", "")))), reasons[reason], advice)
        for case, reason, numbers, advice in rows
    }
    if set(code) != set(names.values()):
        yield "drift.py no longer understands the table of categories"
    readme = read("README.md")
    written = {
        name: (" ".join(sorted(numbers.split())), reason, advice)
        for name, numbers, reason, advice in table(readme, "Category", "AADSTS")
    }
    yield from compare("category", code, written)
    taxonomy = read(f"{faults}/ErrorTaxonomy.swift")
    code = {
        name: " ".join(reasons[each] for each in (reason, other) if each)
        for name, reason, other in re.findall(r'"(\w+)": Row\(\.(\w+).*?(?:tokenExchange: \.(\w+))?\),', taxonomy)
    }
    code |= {name: reasons[reason] for name, reason in re.findall(r'"(\w+)": \.(\w+),', taxonomy)}
    written = {}
    for said, reason in table(readme, "`error` or `suberror`", "Reason"):
        written |= {name: " ".join(re.findall(r"\w+_\w+", reason)) for name in said.split()}
    yield from compare("provider error", code, written)
    general = set(re.findall(r'"(\w+)": Row\(.*general: true', taxonomy))
    prose = section(readme, "What the provider said").partition("is a general one (")[2].partition(")")[0]
    yield from compare("general provider error", general, set(re.findall(r"`(\w+)`", prose)))


def metrics():
    source = "".join(path.read_text() for path in (ROOT / "Sources/Proxy/Operation").glob("*.swift"))
    code = dict(re.findall(r'family\(\s*"(\w+)",\s*"(\w+)"', source))
    written = {name: kind for name, kind, *_ in table(read("README.md"), "Metric", "Type")}
    yield from compare("metric", code, written)
    for path in ["deploy/alerts.yaml", "deploy/grafana-dashboard.json"]:
        for name in sorted(set(re.findall(r"\b(?:obo|process)_[a-z_]+\b", read(path)))):
            family = re.sub(r"_(bucket|sum|count)$", "", name)
            if code.get(family) != "histogram" and name not in code:
                yield f"{path}: metric {name} does not exist"


def status_members():
    """README lists the members of /status."""
    source = read("Sources/Proxy/Operation/Status/StatusDocument.swift")
    body = source.partition("var document: ByteBuffer {")[2].partition("]).append(to: text)")[0]
    nested = re.sub(r": \.object\(\[.*?\]\)", ":", body, flags=re.S)
    written = {cell for row in table(read("README.md"), "Member", "Says") for cell in row[0].split(" ")}
    yield from compare("member of /status", set(re.findall(r'"(\w+)":', nested)), written)


def limits():
    """The limits by which `obo_limit_hits_total` is labelled."""
    code = set(re.findall(r'case \.\w+: "([\w.]+)"', read("Sources/Proxy/Operation/Limit.swift")))
    yield from compare("limit", code, {name for name, *_ in table(read("README.md"), "Limit", "What happens")})


def admin_paths():
    code = set(re.findall(r'case \w+ = "(/[a-z/]*)"', read("Sources/Proxy/Operation/AdminPage.swift")))
    yield from compare("admin path", code, {path for path, *_ in table(read("README.md"), "Path", "Answer")})


def stages():
    """CONTRIBUTING lists the calls of the request path, in their order."""
    path = read("Sources/Proxy/RequestPath.swift")
    code = re.findall(r"\b(\w+)\((?:call|client)\b", path)
    written = re.findall(r"^\d+\. `(\w+)`", section(read("CONTRIBUTING.md"), "The life of a request"), re.M)
    if code != written:
        yield f"the request path calls {code}, but CONTRIBUTING.md lists {written}"
    if len(path.splitlines()) > LONGEST_PATH:
        yield f"RequestPath.swift is no longer one page of {LONGEST_PATH} lines"


def make_targets():
    """Every `make` target that a text names exists."""
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.M))
    for path in ["README.md", "CONTRIBUTING.md", *PAGES]:
        for name in sorted(set(re.findall(r"`make ([a-z-]+)", read(path))) - targets):
            yield f"{path}: there is no make {name}"


def budgets():
    """House rules that can be counted."""
    banned = re.compile(r"\btry!|\bas!|\bfatalError\(|\bpreconditionFailure\(|nonisolated\(unsafe\)")
    for path in sorted((ROOT / "Sources").rglob("*.swift")):
        name = path.relative_to(ROOT)
        text = path.read_text()
        lines = text.splitlines()
        code = [line for line in lines if not line.lstrip().startswith("//")]
        if len(lines) > LONGEST_FILE:
            yield f"{name} has {len(lines)} lines, more than {LONGEST_FILE}"
        yield from (f"{name}: banned: {line.strip()}" for line in code if banned.search(line))
        for mark in ["@unchecked Sendable", "@safe"]:
            if any(mark in line for line in code) and f"`{mark}`" not in text:
                yield f"{name}: {mark} without its reason in a comment"


CHECKS = [
    settings, reference_file, variables, refusals, provider_errors, metrics, limits, status_members, admin_paths, stages,
    make_targets, budgets,
]


def main():
    findings = [f"{check.__name__}: {finding}" for check in CHECKS for finding in check()]
    for finding in findings:
        print(f"drift: {finding}", file=sys.stderr)
    if not findings:
        print(f"drift: none, by {len(CHECKS)} checks")
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
