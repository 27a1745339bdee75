"""The blocks of a Markdown page are found, paired, and none is passed over in silence."""

import pytest

from tests.docs.blocks import Block, PageError, read_blocks, steps

PAGE = """\
# Page

```sh
curl localhost:8081/health
```

It answers

```json
{"status": "alive"}
```

<!-- not run: needs Docker -->
```sh
docker compose up
```

<!-- in a page of: http://localhost:8000/fleet.html -->
```html fleet.html
<p>3 aircraft</p>
```

```text
3 aircraft
```
"""


def blocks_of(text: str) -> list[Block]:
    return list(read_blocks("page.md", text))


def test_blocks_have_their_place_language_and_notes() -> None:
    """The line is that of the fence, as an editor counts."""
    blocks = blocks_of(PAGE)
    assert [(block.line, block.language) for block in blocks] == [
        (3, "sh"),
        (9, "json"),
        (14, "sh"),
        (19, "html"),
        (23, "text"),
    ]
    assert [block.not_run for block in blocks] == [None, None, "needs Docker", None, None]
    assert (blocks[3].file, blocks[3].origin) == ("fleet.html", "http://localhost:8000/fleet.html")


def test_an_answer_belongs_to_the_command_above_it() -> None:
    """What is not run is no step."""
    first, second = steps(blocks_of(PAGE))
    assert (first.command.language, first.answer and first.answer.language) == ("sh", "json")
    assert (second.command.language, second.answer and second.answer.text) == (
        "html",
        "3 aircraft\n",
    )


@pytest.mark.parametrize("language", ["", "console", "bash"])
def test_an_unmarked_block_of_unknown_kind_fails(language: str) -> None:
    """It names the place and the two remedies."""
    with pytest.raises(PageError, match=r"page\.md:1 .* not run: REASON"):
        steps(blocks_of(f"```{language}\nmake run\n```\n"))


def test_an_answer_without_a_command_fails() -> None:
    """Also below a command that is not run, whose answer was never seen."""
    answer = "```json\n{}\n```\n"
    for above in ("", "<!-- not run: needs Docker -->\n```sh\ntrue\n```\n\n"):
        with pytest.raises(PageError, match="shows an answer"):
            steps(blocks_of(above + answer))


def test_a_note_holds_for_the_block_directly_below_it() -> None:
    """Text between them ends it."""
    [block] = blocks_of("<!-- not run: needs Docker -->\n\nText.\n\n```sh\ntrue\n```\n")
    assert block.not_run is None
