"""Drives a headless Chromium through its debugging pipe: no package is needed beside Chromium itself."""
import base64
import contextlib
import functools
import http.server
import json
import os
import pathlib
import select
import shutil
import subprocess
import tempfile
import threading
import time

NAMES = ["chromium", "chromium-browser", "google-chrome", "chrome"]


def executable():
    """The path of Chromium (CHROMIUM names another), or None."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


class ChromiumError(Exception):
    """Chromium refused a command, or did not answer in time."""


class Chromium:
    """A browser with a profile of its own, which goes with it."""

    def __init__(self, *flags):
        self.profile = tempfile.mkdtemp(prefix="galley-chromium-")
        down_read, down_write = os.pipe()
        up_read, up_write = os.pipe()
        command = [executable(), "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-pipe",
                   f"--user-data-dir={self.profile}", "--no-first-run", "--disable-background-networking", *flags]
        # Chromium reads commands from descriptor 3 and answers on 4.
        shell = f'exec 3<&{down_read} 4>&{up_write}; exec "$@"'
        self.process = subprocess.Popen(["bash", "-c", shell, "bash", *command], pass_fds=(down_read, up_write),
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(down_read)
        os.close(up_write)
        self.input, self.output = down_write, up_read
        self.buffer, self.number, self.answers, self.events = b"", 0, {}, []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            os.close(self.input)
        self.process.terminate()
        self.process.wait()
        os.close(self.output)
        shutil.rmtree(self.profile, ignore_errors=True)

    def call(self, method, parameters=None, session=None, timeout=60):
        """Sends a command and returns its result."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters or {}}
        if session:
            message["sessionId"] = session
        os.write(self.input, json.dumps(message).encode() + b"\0")
        wanted, deadline = self.number, time.monotonic() + timeout
        while wanted not in self.answers:
            self.receive(deadline, method)
        answer = self.answers.pop(wanted)
        if "error" in answer:
            raise ChromiumError(f"{method}: {answer['error'].get('message')}")
        return answer.get("result", {})

    def receive(self, deadline, what):
        """Takes the messages that are there, waiting for one at least."""
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([self.output], [], [], left)[0]:
            raise ChromiumError(f"{what}: no answer")
        piece = os.read(self.output, 1 << 20)
        if not piece:
            raise ChromiumError("Chromium ended")
        *messages, self.buffer = (self.buffer + piece).split(b"\0")
        for message in map(json.loads, messages):
            if "id" in message:
                self.answers[message["id"]] = message
            else:
                self.events.append(message)

    def page(self):
        return Page(self)


class Page:
    """A tab."""

    def __init__(self, browser):
        self.browser = browser
        self.target = browser.call("Target.createTarget", {"url": "about:blank"})["targetId"]
        self.session = browser.call("Target.attachToTarget", {"targetId": self.target, "flatten": True})["sessionId"]
        for domain in ("Page", "Runtime", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method, **parameters):
        return self.browser.call(method, parameters, self.session)

    def close(self):
        self.browser.call("Target.closeTarget", {"targetId": self.target})

    def emulate(self, width=1280, height=900, scheme="light", scale=1, media=""):
        """Sets the window, and `light` or `dark`, and a medium such as `print`."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=False)
        self.call("Emulation.setEmulatedMedia", media=media, features=[{"name": "prefers-color-scheme", "value": scheme}])

    def scripts(self, enabled):
        self.call("Emulation.setScriptExecutionDisabled", value=not enabled)

    def events(self, method):
        """The events of this page so far that have a name."""
        return [e["params"] for e in self.browser.events if e.get("sessionId") == self.session and e["method"] == method]

    def navigate(self, url, timeout=30):
        """Goes to an address and waits until it is loaded."""
        self.browser.events = [e for e in self.browser.events if e.get("sessionId") != self.session]
        result = self.call("Page.navigate", url=url)
        if "errorText" in result:
            raise ChromiumError(f"{url}: {result['errorText']}")
        self.wait_for("Page.loadEventFired", timeout)

    def wait_for(self, method, timeout=30):
        deadline = time.monotonic() + timeout
        while not self.events(method):
            self.browser.receive(deadline, method)

    def evaluate(self, expression):
        """The value of a JavaScript expression, promises awaited."""
        result = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in result:
            detail = result["exceptionDetails"]
            raise ChromiumError(detail.get("exception", {}).get("description") or detail["text"])
        return result["result"].get("value")

    def until(self, expression, timeout=20):
        """Waits until an expression is true and returns its value."""
        deadline = time.monotonic() + timeout
        while True:
            value = self.evaluate(expression)
            if value:
                return value
            if time.monotonic() > deadline:
                raise ChromiumError(f"never true: {expression}")
            time.sleep(0.02)

    def key(self, name, code=0):
        """Presses and releases a key, such as `Tab` (9) or `Escape` (27)."""
        for kind in ("rawKeyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=name, code=name, windowsVirtualKeyCode=code)

    def mouse(self, x, y, *kinds):
        for kind in kinds or ("mouseMoved",):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="none" if kind == "mouseMoved" else "left", clickCount=1)

    def screenshot(self, path, full=False):
        """Writes a PNG of the window, or of the whole page."""
        parameters = {"format": "png"}
        if full:
            size = self.call("Page.getLayoutMetrics")["cssContentSize"]
            parameters |= {"captureBeyondViewport": True, "clip": {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}}
        pathlib.Path(path).write_bytes(base64.b64decode(self.call("Page.captureScreenshot", **parameters)["data"]))

    def pdf(self, path):
        pathlib.Path(path).write_bytes(base64.b64decode(self.call("Page.printToPDF", preferCSSPageSize=True)["data"]))


class SiteHandler(http.server.SimpleHTTPRequestHandler):
    prefix = "/"

    def translate_path(self, path):
        return super().translate_path("/" + path.removeprefix(self.prefix) if path.startswith(self.prefix) else "/nothing-is-here")

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def served(folder, prefix="/"):
    """Serves a folder on loopback beneath a path that begins and ends with a slash, and gives its address."""
    handler = type("Handler", (SiteHandler,), {"prefix": prefix})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{prefix}"
    finally:
        server.shutdown()
        server.server_close()
