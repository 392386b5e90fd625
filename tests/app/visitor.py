"""A visitor of a real server who speaks Streamlit's own protocol, without a browser."""

from __future__ import annotations

import http.client
import uuid
from urllib.parse import urlencode, urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import connect

SECONDS = 120  # the slowest page on two busy cores


class Visitor:
    """One open tab.

    Args:
        address: of the server, "http://127.0.0.1:8501".
    """

    def __init__(self, address: str) -> None:
        self.address = urlsplit(address)
        self.socket = connect(
            f"ws://{self.address.netloc}/_stcore/stream",
            subprotocols=["streamlit"],
            max_size=None,
            open_timeout=SECONDS,
        ).__enter__()
        self.session = ""
        self.page = ""
        self.seen: list[ForwardMsg] = []
        self.widgets: dict[str, WidgetState] = {}

    def __enter__(self) -> Visitor:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the tab."""
        self.socket.close()

    def send(self, message: BackMsg) -> None:
        self.socket.send(message.SerializeToString())

    def start(self, page: str = "", **query: str) -> list[ForwardMsg]:
        """Ask for a page without waiting for it."""
        message = BackMsg()
        message.rerun_script.query_string = urlencode(query)
        message.rerun_script.page_name = page or self.page
        message.rerun_script.widget_states.widgets.extend(self.widgets.values())
        self.page = page or self.page
        self.send(message)
        return self.seen

    def visit(self, page: str = "", **query: str) -> list[ForwardMsg]:
        """Open a page, or run the current one again, and wait until it is drawn."""
        self.seen = []
        self.start(page, **query)
        return self.finish()

    def finish(self) -> list[ForwardMsg]:
        """What a page sends until it is drawn."""
        while True:
            message = ForwardMsg.FromString(self.socket.recv(timeout=SECONDS))
            self.seen.append(message)
            kind = message.WhichOneof("type")
            if kind == "new_session":
                self.session = message.new_session.initialize.session_id or self.session
            if kind == "script_finished" and (
                message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY
            ):
                return self.seen

    def texts(self) -> list[str]:
        """Every text of the page as it was last drawn."""
        found = []
        for message in self.seen:
            element = message.delta.new_element
            kind = element.WhichOneof("type")
            if kind in ("markdown", "alert", "text", "heading"):
                found.append(getattr(getattr(element, kind), "body", ""))
        return found

    def uploader(self, label: str) -> str:
        """The id of an uploader by the first words of its label."""
        for message in self.seen:
            element = message.delta.new_element
            if element.WhichOneof("type") == "file_uploader" and (
                element.file_uploader.label.startswith(label)
            ):
                return element.file_uploader.id
        raise LookupError(label)

    def put(self, name: str, content: bytes) -> tuple[int, str]:
        """Send a file to the server, as a browser does; the status and the file's id."""
        file = str(uuid.uuid4())
        connection = http.client.HTTPConnection(self.address.netloc, timeout=SECONDS)
        connection.request("GET", "/_stcore/health")
        answer = connection.getresponse()
        answer.read()
        token = (answer.getheader("set-cookie") or "").partition("=")[2].partition(";")[0]
        boundary = uuid.uuid4().hex
        body = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="f"; filename="{name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        ).encode() + content + f"\r\n--{boundary}--\r\n".encode()  # fmt: skip
        connection.request(
            "PUT",
            f"/_stcore/upload_file/{self.session}/{file}",
            body,
            {
                "Content-Type": f"multipart/form-data; boundary={boundary}",
                "X-Xsrftoken": token,
                "Cookie": f"_streamlit_xsrf={token}",
            },
        )
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status, file

    def upload(self, label: str, name: str, content: bytes) -> int:
        """Drop a file into an uploader and run the page; the status of the upload."""
        status, file = self.put(name, content)
        if status < 300:
            state = WidgetState(id=self.uploader(label))
            info = state.file_uploader_state_value.uploaded_file_info.add()
            info.name, info.size, info.file_id = name, len(content), file
            self.widgets[state.id] = state
            self.visit()
        return status
