"""Shows pages in a real browser, and says what is wrong with them.

    check.py CHROMIUM SHOTS PAGE...

Each page is shown on a phone and on a desk, light and dark, and printed. No request may leave it, labels
may not collide, nothing leaves the screen, text has contrast, and the tabulator key reaches what can be
operated and shows where it is. First a page that is wrong in each of these ways must be found wrong.
"""

import pathlib
import re
import sys
import tempfile

from devtools import Browser

HERE = pathlib.Path(__file__).parent
PROBE = (HERE / "probe.js").read_text()
LOOKS = [(name, width, dark) for name, width in [("phone", 390), ("desk", 1280)] for dark in [False, True]]
# A4 less margins of a centimetre, in CSS pixels.
SHEET = 718

OPERABLE = """(() => {
  const all = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")];
  window.operable = all.filter((e) => e.checkVisibility() && e.tabIndex >= 0);
  return window.operable.length;
})()"""
FOCUSED = """(() => {
  const e = document.activeElement, style = getComputedStyle(e);
  const shown = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  return [window.operable.indexOf(e), shown, `<${e.localName} class="${e.className}">`];
})()"""

WRONG = """<!doctype html><title>wrong</title><img src="https://example.org/x.png">
<style>:focus { outline: none }</style><main style="width: 3000px"><p style="color: #ccc">pale</p>
<div style="width: 100px; overflow-x: auto"><p style="width: 900px">far</p></div><a href="#x">link</a>
<svg width="200" height="40"><text x="5" y="20">first</text><text x="9" y="20">second</text></svg></main>"""
WRONG_IN = ["a request", "collide", "px wide", "does not reach", "leaves the screen", "contrast", "does not show"]


def faults_of(browser, page, shots):
    """Everything that is wrong with a page, with the look in which it is."""
    faults, name = [], page.stem
    for look, width, dark in LOOKS:
        place = f"{look}, {'dark' if dark else 'light'}"
        browser.look(width, dark)
        browser.open(page.as_uri())
        faults += [f"{place}: {fault}" for fault in browser.value(PROBE)]
        faults += [f"{place}: {fault}" for fault in traffic(browser.events, page.as_uri())]
        (shots / f"{name}-{look}-{'dark' if dark else 'light'}.png").write_bytes(browser.picture())
        if not dark:
            faults += [f"{place}: {fault}" for fault in keyboard(browser)]
    browser.look(SHEET, paper=True)
    browser.open(page.as_uri())
    faults += [f"printed: {fault}" for fault in browser.value(PROBE)]
    (shots / f"{name}-printed.png").write_bytes(browser.picture())
    pdf = browser.pdf()
    (shots / f"{name}.pdf").write_bytes(pdf)
    if not pdf.startswith(b"%PDF-") or not re.search(rb"/Type\s*/Page\b", pdf):
        faults.append("printed: no sheet came out")
    return faults


def traffic(events, page):
    """Requests beside the page's own, and what it complained about."""
    for event in events:
        about = event.get("params", {})
        if event.get("method") == "Network.requestWillBeSent" and about["request"]["url"] != page:
            yield f"a request: {about['request']['url'][:80]}"
        elif event.get("method") == "Runtime.exceptionThrown":
            yield f"an exception: {about['exceptionDetails']['text']}"
        elif event.get("method") == "Log.entryAdded" and about["entry"]["level"] == "error":
            yield f"an error: {about['entry']['text'][:120]}"


def keyboard(browser):
    """Presses the tabulator key until everything that can be operated had the focus."""
    count = browser.value(OPERABLE)
    reached = set()
    # A browser may stop at more than that: at boxes that scroll.
    for _ in range(2 * count + 10):
        if len(reached) == count:
            break
        browser.press_tab()
        number, shown, what = browser.value(FOCUSED)
        if number >= 0 and number not in reached and not shown:
            yield f"{what} has the focus and does not show it"
        reached |= {number} - {-1}
    missed = count - len(reached)
    if missed:
        yield f"the keyboard does not reach {missed} of {count} things that can be operated"


def check_the_check(browser, folder):
    """A page that is wrong in each way must be found wrong in each way."""
    page = folder / "wrong.html"
    page.write_text(WRONG)
    faults = faults_of(browser, page, folder)
    missing = [kind for kind in WRONG_IN if not any(kind in fault for fault in faults)]
    if missing:
        sys.exit(f"this check does not see: {', '.join(missing)}; it saw {faults}")


def main():
    program, shots, *pages = sys.argv[1:]
    shots = pathlib.Path(shots)
    shots.mkdir(parents=True, exist_ok=True)
    count = 0
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        browser = Browser(program, pathlib.Path(folder) / "profile")
        try:
            check_the_check(browser, pathlib.Path(folder))
            for page in map(pathlib.Path, pages):
                faults = faults_of(browser, page.resolve(), shots)
                print(f"{page.name}: {len(faults)} faults")
                for fault in faults:
                    print(f"    {fault}")
                count += len(faults)
        finally:
            browser.close()
    sys.exit(1 if count or not pages else 0)


if __name__ == "__main__":
    main()
