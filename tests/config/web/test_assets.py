"""The static files as they are served."""

from config.web.assets import Assets


def served(assets: Assets, name: str) -> str:
    _, _, digest, _ = assets.address(name).split("/")
    return assets.respond(digest, name).get_data(as_text=True)


def test_comments_with_a_line_to_themselves_are_not_served_and_all_the_rest_is(tmp_path):
    (tmp_path / "a.js").write_text('// Why.\nconst home = "https://id.example"; // there\n  // Then.\ngo(home);\n')
    (tmp_path / "a.css").write_text("/* Colours. */\na { color: red; } /* links */\n/* Of\n   two lines. */\n")
    (tmp_path / "a.svg").write_text("// kept\n")
    assets = Assets(tmp_path)
    assert served(assets, "a.js") == 'const home = "https://id.example"; // there\ngo(home);\n'
    assert served(assets, "a.css") == "a { color: red; } /* links */\n/* Of\n   two lines. */\n"
    assert served(assets, "a.svg") == "// kept\n"
