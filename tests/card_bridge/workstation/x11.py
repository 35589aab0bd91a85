"""A display of its own (Xvfb), and a person in front of it: keys and clicks by the XTEST extension."""

import ctypes
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import POINTER, Structure, byref, c_char_p, c_int, c_uint, c_ulong, c_void_p
from threading import Event

from tests.processes import PATIENCE, until

_ERROR_HANDLER = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p)(lambda _display, _error: 0)
"""A window may end while it is looked at: Xlib's own handler would end this process."""

_IS_VIEWABLE = 2
_FEWEST_WIDGETS = 3
_CLICK_AGAIN = 5.0  # seconds
_ALL_PLANES, _Z_PIXMAP = c_ulong(0xFFFFFFFF), 2

_TAB, _RETURN, _ESCAPE, _SPACE = 0xFF09, 0xFF0D, 0xFF1B, 0x20  # keysyms


@contextmanager
def running_display() -> Iterator[str]:
    """The name of a new display, such as `:7`."""
    program = shutil.which("Xvfb")
    assert program, "these tests need Debian's package xvfb"
    reading, writing = os.pipe()
    command = [program, "-displayfd", str(writing), "-screen", "0", "1024x768x24", "-nolisten", "tcp", "-noreset"]
    process = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    with os.fdopen(reading) as told:
        number = told.readline().strip()
    assert number, "Xvfb has not started"
    yield f":{number}"
    process.terminate()
    process.wait(PATIENCE)


class _WindowAttributes(Structure):
    """XWindowAttributes of Xlib.h, as far as `map_state`."""

    _fields_ = (
        *((name, c_int) for name in ("x", "y", "width", "height", "border_width", "depth")),
        ("visual", c_void_p),
        ("root", c_ulong),
        *((name, c_int) for name in ("kind", "bit_gravity", "win_gravity", "backing_store")),
        *((name, c_ulong) for name in ("backing_planes", "backing_pixel")),
        ("save_under", c_int),
        ("colormap", c_ulong),
        *((name, c_int) for name in ("map_installed", "map_state")),
        ("rest", c_ulong * 8),
    )


class _Image(Structure):
    """XImage of Xlib.h, as far as `bits_per_pixel`."""

    _fields_ = (
        *((name, c_int) for name in ("width", "height", "xoffset", "format")),
        ("data", c_void_p),
        *((name, c_int) for name in ("byte_order", "bitmap_unit", "bitmap_bit_order", "bitmap_pad", "depth")),
        *((name, c_int) for name in ("bytes_per_line", "bits_per_pixel")),
    )


class _TextProperty(Structure):
    """XTextProperty of Xutil.h."""

    _fields_ = (("value", c_char_p), ("encoding", c_ulong), ("format", c_int), ("count", c_ulong))


class Person:
    """Sees the windows of a display, types and clicks. There is no window manager.

    Args:
        display: its name, such as `:7`.
    """

    def __init__(self, display: str) -> None:
        self.display = display
        self._x11 = ctypes.CDLL("libX11.so.6")
        self._xtst = ctypes.CDLL("libXtst.so.6")
        self._x11.XSetErrorHandler(_ERROR_HANDLER)
        self._x11.XOpenDisplay.restype = c_void_p
        self._x11.XDefaultRootWindow.restype = c_ulong
        self._display = c_void_p(self._x11.XOpenDisplay(display.encode()))
        assert self._display
        self._root = c_ulong(self._x11.XDefaultRootWindow(self._display))
        self._x11.XInternAtom.restype = c_ulong
        self._x11.XGetImage.restype = POINTER(_Image)
        self._title_property = c_ulong(self._x11.XInternAtom(self._display, b"_NET_WM_NAME", 0))

    def close(self) -> None:
        self._x11.XCloseDisplay(self._display)

    def sees(self, title: str, *, focused: bool = True) -> int:
        """Wait for a window with this title, and until what is typed goes there; return its identifier."""
        window = self._finds(title)
        until(lambda: self._is_complete(window), what="its widgets")
        if focused:
            self._waits_for_focus(window)
        return window

    def finds(self, title: str) -> int | None:
        """The identifier of the window with this title, if there is one now."""
        return next((each for each in self._children(self._root.value) if self._title(each) == title), None)

    def has(self, window: int) -> bool:
        """Whether this window is there now."""
        return window in self._children(self._root.value)

    def looks_at(self, window: int) -> list[bytes]:
        """What the window shows now: the pixels of each column, from the left. None of a window that is not shown."""
        image = self._x11.XGetImage(self._display, c_ulong(window), 0, 0, *self._size(window), _ALL_PLANES, _Z_PIXMAP)
        if not image:
            return []
        width, height, line = (getattr(image.contents, name) for name in ("width", "height", "bytes_per_line"))
        octets, each = ctypes.string_at(image.contents.data, line * height), image.contents.bits_per_pixel // 8
        self._x11.XDestroyImage(image)
        return [b"".join(octets[x * each + color :: line] for color in range(each)) for x in range(width)]

    def sees_none(self, title: str) -> None:
        until(lambda: self.finds(title) is None, what=f"the end of the window {title!r}")

    def types(self, text: str) -> None:
        for character in text:
            self._press(ord(character))

    def presses_return(self) -> None:
        self._press(_RETURN)

    def presses_escape(self) -> None:
        self._press(_ESCAPE)

    def presses_space(self) -> None:
        self._press(_SPACE)

    def presses_tab(self) -> None:
        self._press(_TAB)

    def clicks_accept(self, window: int) -> None:
        """Click the button at the bottom right."""
        self._click(max(self._leaves(window), key=lambda place: (place[1], place[0])))

    def accepts(self, window: int) -> None:
        """Click that button until the window is gone: it may still have been moving to its place."""
        clicked = -_CLICK_AGAIN

        def is_gone() -> bool:
            nonlocal clicked
            if not self.has(window):
                return True
            if time.monotonic() - clicked > _CLICK_AGAIN:
                self.clicks_accept(window)
                clicked = time.monotonic()
            return False

        until(is_gone, what="the end of the window")

    def clicks_tick(self, window: int, *, above: int) -> None:
        """Click the box that is `above` rows over the buttons."""
        rows = sorted({place[1] for place in self._leaves(window)})
        self._click(min(place for place in self._leaves(window) if place[1] == rows[-1 - above]))

    def _press(self, keysym: int) -> None:
        code = self._x11.XKeysymToKeycode(self._display, c_ulong(keysym))
        self._xtst.XTestFakeKeyEvent(self._display, code, 1, c_ulong(0))
        self._xtst.XTestFakeKeyEvent(self._display, code, 0, c_ulong(0))
        self._x11.XSync(self._display, 0)

    def _click(self, place: tuple[int, int]) -> None:
        self._xtst.XTestFakeMotionEvent(self._display, -1, place[0], place[1], c_ulong(0))
        self._xtst.XTestFakeButtonEvent(self._display, 1, 1, c_ulong(0))
        self._xtst.XTestFakeButtonEvent(self._display, 1, 0, c_ulong(0))
        self._x11.XSync(self._display, 0)

    def _finds(self, title: str) -> int:
        window = until(lambda: self.finds(title), what=f"a window {title!r}")
        until(lambda: self._is_shown(window), what=f"the window {title!r} on the screen")
        return window

    def _waits_for_focus(self, window: int) -> None:
        until(lambda: self._focus() in self._tree(window), what="its focus")

    def _is_shown(self, window: int) -> bool:
        attributes = _WindowAttributes()
        self._x11.XGetWindowAttributes(self._display, c_ulong(window), byref(attributes))
        return attributes.map_state == _IS_VIEWABLE

    def _is_complete(self, window: int) -> bool:
        """Whether no widget came within a moment. Tk shows a window before its widgets are there."""
        before = self._leaves(window)
        Event().wait(0.2)
        return len(before) > _FEWEST_WIDGETS and before == self._leaves(window)

    def _focus(self) -> int:
        focus, revert = c_ulong(), c_int()
        self._x11.XGetInputFocus(self._display, byref(focus), byref(revert))
        return focus.value

    def _tree(self, window: int) -> set[int]:
        return {window}.union(*(self._tree(child) for child in self._children(window)))

    def _title(self, window: int) -> str:
        title = _TextProperty()
        self._x11.XGetTextProperty(self._display, c_ulong(window), byref(title), self._title_property)
        return (title.value or b"").decode()

    def _children(self, window: int) -> list[int]:
        root, parent, count, children = c_ulong(), c_ulong(), c_uint(), POINTER(c_ulong)()
        self._x11.XQueryTree(self._display, c_ulong(window), byref(root), byref(parent), byref(children), byref(count))
        found = [children[index] for index in range(count.value)]
        if found:
            self._x11.XFree(children)
        return found

    def _leaves(self, window: int) -> list[tuple[int, int]]:
        """The centers of the widgets that contain no other."""
        children = self._children(window)
        if not children:
            return [self._center(window)]
        return [place for child in children for place in self._leaves(child)]

    def _size(self, window: int) -> tuple[int, int]:
        root, x, y = c_ulong(), c_int(), c_int()
        width, height, border, depth = c_uint(), c_uint(), c_uint(), c_uint()
        self._x11.XGetGeometry(
            self._display, c_ulong(window), byref(root), byref(x), byref(y), byref(width), byref(height),
            byref(border), byref(depth),
        )  # fmt: skip
        return width.value, height.value

    def _center(self, window: int) -> tuple[int, int]:
        width, height = self._size(window)
        across, down, child = c_int(), c_int(), c_ulong()
        self._x11.XTranslateCoordinates(
            self._display,
            c_ulong(window),
            self._root,
            width // 2,
            height // 2,
            byref(across),
            byref(down),
            byref(child),
        )
        return across.value, down.value
