"""The example comparison for every test of this room, and a real Chromium."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

HOSTILE = (
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(2)>",
    "\"double\" 'single' `back`",
    "two\nlines\r\nand\ttab",
    "\u202eright to left\u202c \u05e9\u05dc\u05d5\u05dd",
    "🦊 fox \u200d family",
    "x" * 300,
    "{{ 7 * 7 }}",
    "[bold red]markup[/]",
    "\x1b[31mred\x1b[0m\x00",
)


@pytest.fixture(scope="session")
def hostile_names() -> tuple[str, ...]:
    """Names that try to break out of whatever shows them."""
    return HOSTILE


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A Chromium of the machine; without one the test is skipped."""
    api = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    path = next((found for found in map(shutil.which, names) if found), None)
    if path is None:
        pytest.skip(f"needs one of {', '.join(names)} on the path")
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"]
    with api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu", "--no-first-run", *quiet]
        )
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser, address):
    """Opens the page with every request recorded and refused but the file's own; closes it afterwards."""
    contexts = []

    def opened(**options):
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.asked, page.said = [], []
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("console", lambda message: page.said.append(message.text))
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.on("dialog", lambda dialog: page.said.append("dialog: " + dialog.message))
        page.route(lambda url: url != address, lambda route: route.abort())
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()
