"""What a browser shows: a page as a person reads it, with its forms and links, and where it goes on by itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qs, urljoin, urlsplit

NOT_READ = frozenset({"script", "style", "title", "svg"})


@dataclass(slots=True)
class Form:
    """A form as it stands on the page, to be filled in."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    """Every input, also a box that is not ticked and a choice that is not made."""
    hidden: dict[str, str] = field(default_factory=dict)
    """Those of them that nobody fills in."""
    button: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """Words that lead somewhere."""

    words: str
    address: str


class Page:
    """One answer to a browser. At an application's address, which nothing serves here, it has no text."""

    def __init__(self, url: str, status: int = 0, html: str = "", headers: Mapping[str, str] | None = None) -> None:
        reader = _Reader(url)
        reader.feed(html)
        self.url = url
        self.status = status
        self.html = html
        self.headers = headers or {}
        self.title = " ".join(reader.title.split())
        self.text = " ".join(" ".join(reader.words).split())
        self.outline = reader.outline
        self.forms = reader.forms
        self.links = [Link(" ".join(words.split()), urljoin(url, address)) for words, address in reader.links]
        self.goes_on_to = reader.goes_on_to

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def parameters(self) -> dict[str, str]:
        """The query of its address; a parameter given twice is a fault."""
        given = parse_qs(urlsplit(self.url).query, keep_blank_values=True, strict_parsing=True)
        assert all(len(values) == 1 for values in given.values()), f"a parameter twice: {self.url}"
        return {name: values[0] for name, values in given.items()}

    def asks_for(self, *fields: str) -> bool:
        return any(set(fields) <= set(form.fields) for form in self.forms)

    def form_with(self, *fields: str) -> Form:
        return next(form for form in self.forms if set(fields) <= set(form.fields))

    def form_of(self, button: str) -> Form:
        """The form whose button says this."""
        return next(form for form in self.forms if button in form.button)

    def link(self, words: str) -> str:
        return next(link.address for link in self.links if words in link.words)

    def link_to(self, address: str) -> Link:
        """The link whose address ends so."""
        return next(link for link in self.links if link.address.endswith(address))

    def __repr__(self) -> str:
        return f"<Page {self.status} {self.url}: {self.title} | {self.text[:400]}>"


class _Reader(HTMLParser):
    """The standard library's parser: ours are the pages, and they are well formed (tests/pages)."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.title = ""
        self.words: list[str] = []
        self.outline: list[str] = []
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []
        self.goes_on_to: str | None = None
        self._url = url
        self._open: list[str] = []
        self._form: Form | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        match tag:
            case "meta" if given.get("http-equiv") == "refresh":
                self.goes_on_to = urljoin(self._url, given["content"].partition("url=")[2])
            case "form":
                action = urljoin(self._url, given.get("action", ""))
                self._form = Form(action=action, method=given.get("method", "get").upper())
                self.forms.append(self._form)
                self.outline.append(f"form {given.get('method', 'get')} {given.get('action', '')}")
            case "input" if self._form is not None and "name" in given:
                self._form.fields[given["name"]] = given.get("value", "")
                if given.get("type") == "hidden":
                    self._form.hidden[given["name"]] = given.get("value", "")
                self.outline.append(f"  field {given['name']} {given.get('type', 'text')}")
            case "a":
                self.links.append(("", given.get("href", "")))
                self.outline.append(f"link {given.get('href', '')}")
        if tag not in ("meta", "input", "link", "img", "br", "hr", "circle", "path", "rect"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass
        if tag == "form":
            self._form = None

    def handle_data(self, data: str) -> None:
        if "title" in self._open:
            self.title += data
        if not data.strip() or not NOT_READ.isdisjoint(self._open):
            return
        self.words.append(data)
        if "a" in self._open and self.links:
            words, address = self.links[-1]
            self.links[-1] = words + " " + data, address
        if self._form is not None and "button" in self._open:
            self._form.button += data
        for heading in ("h1", "h2", "label", "button", "summary"):
            if heading in self._open:
                self.outline.append(f"{heading} {' '.join(data.split())}")
