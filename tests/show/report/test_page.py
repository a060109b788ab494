import json
import re

from copycost.show.report.page import LIBRARY, as_data, asset, page, security_policy


def test_no_content_can_end_the_element_that_holds_it():
    text = as_data({"name": "</script><!-- <script> & \u2028"})
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == {"name": "</script><!-- <script> & \u2028"}


def test_the_policy_allows_nothing_but_the_scripts_and_styles_of_the_file():
    policy = security_policy(("let a;",), ("p {}",))
    assert "default-src 'none'" in policy and "unsafe-eval" not in policy and "http" not in policy
    assert re.search(r"script-src 'sha256-[\w+/=]{44}';", policy)
    assert re.search(r"style-src-elem 'sha256-[\w+/=]{44}';", policy)
    assert "trusted-types 'none'" in policy


def test_the_page_asks_for_nothing_from_anywhere():
    made = page({"title": "mine"})
    without_scripts = re.sub(r"<script>.*?</script>", "", made, flags=re.DOTALL)
    assert without_scripts.count("<") > 10
    assert not re.findall(r"""\b(?:src|href)\s*=|url\(|@import|https?:""", without_scripts)


def test_the_charting_library_is_the_one_that_its_licence_is_kept_for():
    library = asset(LIBRARY)
    assert library.startswith("/**\n* plotly.js (basic - minified) v4.1.1\n")
    assert "MIT License" in asset("plotly-LICENSE")


def test_the_charting_library_can_stand_inside_a_script_element():
    library = asset(LIBRARY).lower()
    assert not {"</script", "<!--", "<script"} & {mark for mark in ("</script", "<!--", "<script") if mark in library}
