"""Look at every screen as a picture and let axe-core judge it: `look.py FOLDER [SCREEN…]`.

Needs a build in dist/ (or CLIENT_DIST, ending in a slash), Node.js, and Python's playwright
with Debian's Chromium.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

CLIENT = Path(__file__).resolve().parents[2]
AXE = (CLIENT / "node_modules/axe-core/axe.min.js").read_text("utf-8")
SIZES = {"phone": (360, 740), "desk": (1440, 900)}
LANGUAGES = {"phone": "it-IT", "desk": "en-GB"}
Visit = Callable[[Page], None]


def press(page: Page, *names: str) -> None:
    """Press what carries one of these names (one per language)."""
    for name in names:
        found = page.get_by_role("button", name=name, exact=True)
        if found.count():
            found.first.click()
            return
    raise LookupError(names)


def sign_in(email: str) -> Visit:
    def visit(page: Page) -> None:
        page.goto("/sign-in")
        page.fill("[name=email]", email)
        page.fill("[name=password]", "correct horse")
        page.click("[type=submit]")
        if email == "ferrari@example.org":
            page.fill("[name=otp]", "123456")
            page.click("[type=submit]")
        page.wait_for_url(lambda url: "/sign-in" not in url)

    return visit


def at(path: str, then: Visit | None = None) -> Visit:
    def visit(page: Page) -> None:
        page.goto(path)
        page.wait_for_load_state("networkidle")
        if then:
            then(page)

    return visit


def otp_step(page: Page) -> None:
    page.fill("[name=email]", "ferrari@example.org")
    page.fill("[name=password]", "correct horse")
    page.click("[type=submit]")
    page.wait_for_selector("[name=otp]")


def wrong_password(page: Page) -> None:
    page.fill("[name=email]", "ferrari@example.org")
    page.fill("[name=password]", "wrong")
    page.click("[type=submit]")
    page.wait_for_selector("[role=alert]:has(p, div)")


def create(page: Page) -> None:
    press(page, "New room", "Nuova stanza")
    page.get_by_role("radio").nth(1).check(force=True)
    page.get_by_role("combobox").last.click()
    page.wait_for_selector("[role=option]")


def chosen(page: Page) -> None:
    create(page)
    page.locator("[role=option]").first.click()


def guest_link(page: Page) -> None:
    page.locator("[aria-haspopup=menu]").nth(1).click()
    page.get_by_role("menuitem").first.click()
    page.fill("dialog[open] [name=name]", "Mario Esposito")
    page.click("dialog[open] [type=submit]")
    page.wait_for_selector("dialog[open] code")


def menu(page: Page) -> None:
    page.locator("[aria-haspopup=menu]").nth(1).click()


def tab(number: int) -> Visit:
    return lambda page: page.get_by_role("tab").nth(number).click()


def permissions(page: Page) -> None:
    press(page, "Permissions", "Permessi")


def approve(page: Page) -> None:
    press(page, "Approve", "Approva")


def suspend(page: Page) -> None:
    tab(1)(page)
    page.wait_for_timeout(400)
    press(page, "Suspend", "Sospendi")


def registered(page: Page) -> None:
    page.fill("[name=name]", "Dott. Marco Rinaldi")
    page.fill("[name=email]", "rinaldi@example.org")
    page.fill("[name=password]", "una frase molto lunga")
    page.select_option("[name=profession]", "radiologist")
    page.select_option("[name=organisation]", index=1)
    page.click("[type=submit]")
    page.wait_for_selector("ol")


def recovery(page: Page) -> None:
    page.fill("[name=code]", "123456")
    page.click("[type=submit]")
    page.wait_for_selector("ul code")


STRANGER: dict[str, Visit] = {
    "sign-in": at("/sign-in"),
    "sign-in-wrong": at("/sign-in", wrong_password),
    "sign-in-otp": at("/sign-in", otp_step),
    "register": at("/register"),
    "registered": at("/register", registered),
    "join": at("/join#abc"),
    "join-over": at("/join"),
    "not-found": at("/nowhere"),
}
DOCTOR: dict[str, Visit] = {
    "home": at("/"),
    "home-menu": at("/", menu),
    "create": at("/", create),
    "create-chosen": at("/", chosen),
    "guest-link": at("/", guest_link),
    "manage": at("/rooms/r1/manage"),
    "permissions": at("/rooms/r1/manage", permissions),
    "manage-links": at("/rooms/r1/manage", tab(1)),
    "manage-settings": at("/rooms/r1/manage", tab(2)),
    "account": at("/account"),
    "missing-room": at("/rooms/nope/manage"),
}
ADMINISTRATOR: dict[str, Visit] = {
    "admin-home": at("/"),
    "people": at("/admin/people"),
    "approve": at("/admin/people", approve),
    "suspend": at("/admin/people", suspend),
    "audit": at("/admin/audit"),
}
NEWCOMER: dict[str, Visit] = {
    "enrol": at("/second-factor"),
    "enrol-codes": at("/second-factor", recovery),
}
CAST: list[tuple[str | None, dict[str, Visit]]] = [
    (None, STRANGER),
    ("ferrari@example.org", DOCTOR),
    ("admin@example.org", ADMINISTRATOR),
    ("new@example.org", NEWCOMER),
]


def judge(page: Page) -> list[str]:
    """What axe-core objects to, one line each."""
    page.evaluate(AXE)
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = page.evaluate("tags => axe.run(document, {runOnly: tags})", tags)
    return [
        f"{each['id']}: {node['target']} {node['failureSummary']}"
        for each in found["violations"]
        for node in each["nodes"]
    ]


@contextmanager
def fake_server() -> Iterator[str]:
    """A fresh made-up network; yields its origin."""
    command = ["node", str(CLIENT / "tests/fake/server.mjs")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


def look(page: Page, folder: Path, screens: dict[str, Visit], suffix: str) -> list[str]:
    """Visit each screen, keep its picture, answer what is wrong with it."""
    faults: list[str] = []
    said: list[str] = []
    page.on("console", lambda message: message.type == "error" and said.append(message.text))
    page.on("pageerror", lambda error: said.append(f"uncaught: {error}"))
    for name, visit in screens.items():
        said.clear()
        visit(page)
        page.wait_for_timeout(150)
        page.screenshot(path=folder / f"{name}-{suffix}.png", full_page=True)
        found = judge(page)
        # Refused requests are part of some visits; the browser logs them as errors.
        found += [f"console: {text}" for text in said if "status of 4" not in text]
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if wide > 0:
            found.append(f"scrolls sideways by {wide} px")
        faults += [f"{name}-{suffix}: {each}" for each in found]
    return faults


def main() -> None:
    folder, only = Path(sys.argv[1]), set(sys.argv[2:])
    folder.mkdir(parents=True, exist_ok=True)
    faults: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium")
        for device, scheme, (email, screens) in product(SIZES, ("light", "dark"), CAST):
            wanted = {name: visit for name, visit in screens.items() if not only or name in only}
            if not wanted:
                continue
            width, height = SIZES[device]
            with fake_server() as origin:
                page = browser.new_page(
                    base_url=origin,
                    viewport={"width": width, "height": height},
                    color_scheme=scheme,
                    locale=LANGUAGES[device],
                    reduced_motion="reduce",
                    has_touch=device == "phone",
                )
                page.set_default_timeout(10_000)
                if email:
                    sign_in(email)(page)
                faults += look(page, folder, wanted, f"{device}-{scheme}")
                page.close()
        browser.close()
    print("\n".join(faults))
    sys.exit(f"{len(faults)} faults" if faults else 0)


if __name__ == "__main__":
    main()
