import re
from pathlib import Path

from pydantic import BaseModel

from jmswrap.config import settings
from jmswrap.config.document import document

ROOT = Path(__file__).parents[3]


def models() -> list[type[BaseModel]]:
    found = [value for value in vars(settings).values() if isinstance(value, type) and issubclass(value, BaseModel)]
    return [model for model in found if model.__module__ == settings.__name__ and model is not settings.Settings]


def test_the_page_in_docs_is_what_the_settings_table_says():
    written = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert written == document(), "run: python -m jmswrap.config.document > docs/configuration.md"


def test_every_setting_has_a_description():
    assert [f"{m.__name__}.{n}" for m in models() for n, f in m.model_fields.items() if not f.description] == []


def test_every_setting_has_a_reader():
    code = "\n".join(
        file.read_text(encoding="utf-8")
        for file in (ROOT / "jmswrap").rglob("*.py")
        if not file.name.endswith(("settings.py", "document.py"))
    )
    code += "\n".join(re.findall(r"self\.[\w.]+", (ROOT / "jmswrap/config/settings.py").read_text(encoding="utf-8")))
    unread = {f"{m.__name__}.{n}" for m in models() for n in m.model_fields if not re.search(rf"\.{n}\b", code)}
    # The form's version is read by its own type: nothing but 1 loads.
    assert unread - {"Config.jmswrap"} == set()
