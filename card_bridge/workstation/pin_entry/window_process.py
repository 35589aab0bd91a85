"""The bridge's own window, as a program of its own: one question on standard input, one answer on standard output.

A PIN that was typed is in the memory of this process only, which ends with the answer; the bridge itself never has
the toolkit in memory. The program needs nothing but Python's standard library and tkinter, and imports nothing of
ours, so that the system's Python can run it where the bridge's has no tkinter.

The question is one JSON object. The answer is one line: `yes`, `no`, `timeout`, or `pin ` and the PIN. The program
ends without an answer when there is no display.
"""

import json
import sys
import tkinter as tk
from collections.abc import Callable, Mapping
from tkinter import font as tkfont
from typing import Any, Final

if sys.platform == "linux":
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

NO_DISPLAY: Final = 3
_PAPER, _INK, _QUIET, _ACCENT, _WARNING = "#ffffff", "#17333a", "#4d666c", "#0b4f5a", "#a3261f"


class QuestionWindow:
    """One window with one question. It ends the program's main loop with the answer."""

    def __init__(self, root: tk.Tk, question: Mapping[str, Any]) -> None:
        self._root = root
        self._question = question
        self.answer = b"no"
        self._entry: tk.Entry | None = None
        self._accepted = tk.BooleanVar(master=root, value=False)
        self._problem = tk.StringVar(master=root)
        root.withdraw()  # until it has its place
        root.title(question["title"])
        root.configure(background=_PAPER, padx=28, pady=22)
        root.resizable(width=False, height=False)
        root.attributes("-topmost", 1)
        root.protocol("WM_DELETE_WINDOW", self._cancel)
        root.bind("<Escape>", lambda _event: self._cancel())
        self._texts()
        if question["kind"] == "pin":
            self._pin_field()
        if question.get("tick"):
            self._tick_box(question["tick"])
        self._label(textvariable=self._problem, colour=_WARNING)
        self._buttons()
        root.after(int(question["seconds"] * 1000), self._time_out)
        self._to_the_front()

    def _texts(self) -> None:
        large = tkfont.nametofont("TkDefaultFont").copy()
        large.configure(size=15, weight="bold")
        self._label(text=self._question["heading"], font=large)
        for name, value in self._question["facts"]:
            row = tk.Frame(self._root, background=_PAPER)
            row.pack(fill="x", pady=2)
            tk.Label(row, text=name, width=16, anchor="w", background=_PAPER, foreground=_QUIET).pack(side="left")
            tk.Label(row, text=value, anchor="w", background=_PAPER, foreground=_INK, wraplength=380).pack(side="left")
        for text in self._question["warnings"]:
            self._label(text=text, colour=_WARNING)

    def _pin_field(self) -> None:
        self._label(text=self._question["field"])
        self._entry = tk.Entry(self._root, show="●", width=14, font=("TkDefaultFont", 18), exportselection=False)
        self._entry.pack(anchor="w", pady=(0, 8))
        self._entry.bind("<Return>", lambda _event: self._accept())
        self._entry.bind("<KP_Enter>", lambda _event: self._accept())

    def _tick_box(self, text: str) -> None:
        box = tk.Checkbutton(
            self._root, text=text, variable=self._accepted, wraplength=480, justify="left",
            background=_PAPER, foreground=_INK, activebackground=_PAPER, highlightthickness=2, takefocus=True,
        )  # fmt: skip
        box.pack(anchor="w", pady=6)

    def _buttons(self) -> None:
        row = tk.Frame(self._root, background=_PAPER)
        row.pack(fill="x", pady=(12, 0))
        if accept := self._question.get("accept"):
            button = tk.Button(row, text=accept, command=self._accept, background=_ACCENT, foreground=_PAPER, padx=14)
            button.bind("<Return>", lambda _event: self._accept())
            button.pack(side="right")
        if cancel := self._question.get("cancel"):
            button = tk.Button(row, text=cancel, command=self._cancel, padx=14)
            button.bind("<Return>", lambda _event: self._cancel())
            button.pack(side="right", padx=8)

    def _label(self, *, colour: str = _INK, **options: Any) -> None:
        label = tk.Label(
            self._root, background=_PAPER, foreground=colour, wraplength=520, justify="left", anchor="w", **options
        )
        label.pack(fill="x", pady=(0, 6))

    def _to_the_front(self) -> None:
        self._root.update_idletasks()
        across = (self._root.winfo_screenwidth() - self._root.winfo_reqwidth()) // 2
        down = (self._root.winfo_screenheight() - self._root.winfo_reqheight()) // 3
        self._root.geometry(f"+{max(0, across)}+{max(0, down)}")
        self._root.deiconify()
        self._root.lift()
        # A question that is answered by a click alone takes no focus: a key that was meant for another window, typed
        # as this one opens, must not answer it.
        if self._entry is not None:
            self._root.focus_force()
            self._entry.focus_set()

    def _accept(self) -> None:
        if self._question.get("tick") and not self._accepted.get():
            self._problem.set(self._question["tick_missing"])
            return
        if self._entry is None:
            self._end(b"yes")
            return
        pin = self._entry.get()
        least, most, numeric = (self._question[name] for name in ("least", "most", "numeric"))
        well_formed = pin.isascii() and (pin.isdigit() if numeric else pin.isprintable())
        if not least <= len(pin) <= most or not well_formed:
            self._entry.delete(0, "end")
            self._problem.set(self._question["malformed"])
            return
        self._end(b"pin " + pin.encode("ascii"))

    def _cancel(self) -> None:
        self._end(b"no")

    def _time_out(self) -> None:
        self._end(b"timeout")

    def _end(self, answer: bytes) -> None:
        self.answer = answer
        if self._entry is not None:
            self._entry.delete(0, "end")
        self._root.quit()


def main(make_root: Callable[[], tk.Tk] = tk.Tk) -> int:
    """Show the question of standard input; the exit status is 0 with an answer, 3 without a display."""
    question = json.loads(sys.stdin.buffer.readline(65_536))
    try:
        root = make_root()
    except tk.TclError:
        return NO_DISPLAY
    window = QuestionWindow(root, question)
    root.mainloop()
    sys.stdout.buffer.write(window.answer + b"\n")
    sys.stdout.buffer.flush()
    root.destroy()
    return 0


if __name__ == "__main__":
    sys.exit(main())
