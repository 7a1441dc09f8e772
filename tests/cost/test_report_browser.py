"""The report as Chromium shows and prints it."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from cost import markup
from freehold.cli import main

EXAMPLES = Path(__file__).parents[2] / "examples"
# A page without scripts is measured from outside: by one that holds it.
RULER = """\
<!doctype html><iframe src="report.html" style="width:{width}px;height:4000px;border:0"></iframe>
<pre id="found"></pre>
<script>
onload = () => {{
  const page = document.querySelector("iframe").contentDocument;
  const inside = [...page.querySelectorAll("main *, header *, footer *")].filter(
    (one) => !one.closest(".scroll") && !one.closest(".hidden"));
  document.getElementById("found").textContent = JSON.stringify({{
    width: page.documentElement.clientWidth,
    content: page.documentElement.scrollWidth,
    beyond: inside.filter((one) => one.getBoundingClientRect().right > {width} + 1).length,
    cut: [...page.querySelectorAll("svg text")].filter((one) => {{
      const text = one.getBoundingClientRect();
      const image = one.ownerSVGElement.getBoundingClientRect();
      return text.left < image.left - 1 || text.right > image.right + 1
        || text.top < image.top - 1 || text.bottom > image.bottom + 1;
    }}).map((one) => one.textContent),
  }});
}};
</script>
"""


def needed(name: str) -> str:
    """The program's path; on a machine of ours without it, the test is left out."""
    path = shutil.which(name)
    if path is None:
        message = f"{name} is not installed: apt-get install {PACKAGES[name]}"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return path


PACKAGES = {"chromium": "chromium", "pdftotext": "poppler-utils"}


def chromium(folder: Path, *words: str) -> str:
    done = subprocess.run(
        [
            needed("chromium"), "--headless", "--no-sandbox", "--disable-gpu",
            "--disable-dev-shm-usage", "--hide-scrollbars", "--allow-file-access-from-files",
            f"--user-data-dir={folder}/profile", *words,
        ],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    return done.stdout


@pytest.fixture(scope="module", params=["bank", "clinic", "workstation", "minimal"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(request.param)
    main(["report", str(EXAMPLES / request.param), "-o", str(folder / "report.html")])
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_page(folder: Path, width: int) -> None:
    ruler = folder / f"ruler-{width}.html"
    ruler.write_text(RULER.format(width=width))
    shown = chromium(folder, "--window-size=1400,1000", "--dump-dom", ruler.as_uri())
    found = re.search(r'<pre id="found">(.*?)</pre>', shown, re.DOTALL)
    assert found
    (text,) = (one.text for one in markup.read(found[0].encode()).every("pre"))
    measured = json.loads(text)
    assert measured["width"] == width
    assert measured["content"] == width
    assert measured["beyond"] == 0
    assert measured["cut"] == []


@pytest.mark.slow
def test_it_prints_on_pages_with_a_header(folder: Path) -> None:
    program = needed("pdftotext")
    pdf = folder / "report.pdf"
    page = (folder / "report.html").as_uri()
    chromium(folder, "--no-pdf-header-footer", f"--print-to-pdf={pdf}", page)
    done = subprocess.run(
        [program, "-layout", str(pdf), "-"], capture_output=True, text=True, check=True
    )
    read = markup.read((folder / "report.html").read_bytes())
    name = next(read.every("h1")).text.partition(":")[0]
    headings = {heading.text for heading in read.every("h2", "h3")}
    *pages, rest = done.stdout.split("\f")
    assert rest == ""
    assert 2 <= len(pages) <= 30
    for number, text in enumerate(pages, 1):
        assert f"freehold report: {name}" in text
        assert f"{number}/{len(pages)}" in text.replace(" ", "")
        *_, last, _ = (line.strip() for line in text.splitlines() if line.strip())
        assert last not in headings
        assert len(text.split()) > 20  # no page with a header alone
