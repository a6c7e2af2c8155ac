"""A readable page of the API, made from its OpenAPI document, without scripts."""

from __future__ import annotations

import json
from html import escape
from typing import Any

_METHODS = ("get", "head", "post", "put", "patch", "delete")


def page(document: dict[str, Any]) -> str:
    """The whole page as HTML."""
    operations: dict[str, list[str]] = {}
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                operation = item[method]
                operations.setdefault(operation["tags"][0], []).append(
                    _operation(method, path, operation)
                )
    tags = sorted(operations)
    menu = "".join(f'<li><a href="#{tag}">{escape(tag)}</a></li>' for tag in tags)
    sections = "".join(
        f'<section id="{tag}"><h2>{escape(tag)}</h2>{"".join(operations[tag])}</section>'
        for tag in tags
    )
    schemas = "".join(
        f'<details id="schema-{escape(name)}"><summary><code>{escape(name)}</code></summary>'
        f"<pre>{escape(json.dumps(schema, indent=2, ensure_ascii=False))}</pre></details>"
        for name, schema in sorted(document["components"]["schemas"].items())
    )
    info = document["info"]
    return _PAGE.format(
        title=escape(info["title"]),
        version=escape(info["version"]),
        introduction=escape(info["description"]),
        menu=menu,
        sections=sections,
        schemas=schemas,
    )


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    lines = [f"<p>{escape(operation['summary'])}</p>"]
    if operation.get("security") == []:
        lines.append("<p><em>No token needed.</em></p>")
    parameters = operation.get("parameters", [])
    if parameters:
        rows = "".join(
            f"<tr><td><code>{escape(one['name'])}</code></td><td>{escape(one['in'])}</td>"
            f"<td>{'required' if one.get('required') else ''}</td></tr>"
            for one in parameters
        )
        lines.append(
            "<table><thead><tr><th>Parameter</th><th>In</th><th></th></tr></thead>"
            f"<tbody>{rows}</tbody></table>"
        )
    body = operation.get("requestBody", {}).get("content", {})
    lines.extend(f"<p>Takes {_schema(kind, one)}</p>" for kind, one in body.items())
    for status, response in operation["responses"].items():
        contents = response.get("content", {}) or {"": {}}
        for kind, one in contents.items():
            lines.append(f"<p><b>{escape(status)}</b> {_schema(kind, one)}</p>")
    return (
        f"<details><summary><b>{method.upper()}</b> <code>{escape(path)}</code> "
        f"<span>{escape(operation['summary'])}</span></summary>{''.join(lines)}</details>"
    )


def _schema(kind: str, content: dict[str, Any]) -> str:
    reference = str(content.get("schema", {}).get("$ref", ""))
    name = reference.rsplit("/", 1)[-1]
    link = f'<a href="#schema-{escape(name)}"><code>{escape(name)}</code></a>' if name else ""
    return f"<code>{escape(kind)}</code> {link}"


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} API {version}</title>
<link rel="stylesheet" href="/docs/style.css">
</head>
<body>
<header><h1>{title} API <small>{version}</small></h1><p>{introduction}</p>
<p><a href="/openapi.json">openapi.json</a></p></header>
<nav aria-label="Parts"><ul>{menu}</ul></nav>
<main>{sections}<section id="schemas"><h2>schemas</h2>{schemas}</section></main>
</body>
</html>
"""

STYLE = """:root { color-scheme: light dark; --line: light-dark(#d5dbe1, #39424c); }
html { background: light-dark(#ffffff, #11181c); color: light-dark(#14212b, #e6edf3); }
code { overflow-wrap: anywhere; }
body { font: 16px/1.55 system-ui, sans-serif; max-width: 62rem; margin: 0 auto; padding: 1.5rem; }
h1 small { font-size: 1rem; font-weight: normal; opacity: .7; }
h2 { margin-top: 2.5rem; text-transform: capitalize; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1rem; padding: 0; list-style: none; }
details { border: 1px solid var(--line); border-radius: 8px; margin: .5rem 0; padding: 0 1rem; }
summary { cursor: pointer; padding: .75rem 0; }
summary span { opacity: .75; margin-left: .5rem; }
summary b { display: inline-block; min-width: 4.5rem; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
td, th { text-align: left; padding: .25rem 1.5rem .25rem 0; }
pre { overflow-x: auto; font-size: .85rem; }
a { color: light-dark(#0b5cad, #7ab8ff); }
:focus-visible { outline: 3px solid light-dark(#0b5cad, #7ab8ff); outline-offset: 2px; }
"""
