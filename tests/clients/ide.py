"""An IDE built on the official Python SDK, driven by JSON lines as `ide.mjs` is.

    python ide.py <gateway url>      operations: connect [{issuer, client_id, client_secret, assertions}] | list | call {name, arguments} | tokens | close

It finds out by itself which era the server speaks. With `assertions` it connects by those of an identity provider
(ID-JAG), one for each token, instead of a browser.
"""

import asyncio
import json
import sys
from contextlib import AsyncExitStack
from urllib.parse import parse_qs, urlsplit

import httpx2
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.auth.extensions.identity_assertion import IdentityAssertionOAuthProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientMetadata


def say(line):
    print(json.dumps(line), flush=True)


class Memory:
    """What the SDK keeps: tokens and its registration."""

    tokens = client = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client):
        self.client = client


class Callback:
    """Where the browser comes back."""

    async def start(self):
        self.came_back = asyncio.get_running_loop().create_future()
        self.server = await asyncio.start_server(self.answer, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}/callback"

    async def answer(self, reader, writer):
        path = (await reader.readline()).decode().split(" ")[1]
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 24\r\nConnection: close\r\n\r\nYou can close this tab.\r\n")
        await writer.drain()
        writer.close()
        if path.startswith("/callback") and not self.came_back.done():
            self.came_back.set_result(parse_qs(urlsplit(path).query))

    async def result(self):
        query = {name: values[0] for name, values in (await self.came_back).items()}
        return AuthorizationCodeResult(code=query["code"], state=query.get("state"), iss=query.get("iss"))


async def authorize(url):
    say({"event": "authorize", "url": url})


class Ide:
    def __init__(self, url, stack):
        self.url, self.stack, self.memory = url, stack, Memory()

    async def by_browser(self):
        callback = Callback()
        metadata = OAuthClientMetadata(
            client_name="Portway test IDE (Python)",
            redirect_uris=[await callback.start()],
            token_endpoint_auth_method="none",
        )
        return OAuthClientProvider(self.url, metadata, self.memory, authorize, callback.result)

    def by_assertion(self, asked):
        assertions = asked["assertions"]

        async def next_assertion(_audience, _resource):
            return assertions.pop(0)

        client_id, client_secret, issuer = asked["client_id"], asked["client_secret"], asked["issuer"]
        return IdentityAssertionOAuthProvider(
            self.url, self.memory, client_id, client_secret, issuer, next_assertion
        )

    async def connect(self, asked):
        auth = self.by_assertion(asked) if "assertions" in asked else await self.by_browser()
        http = await self.stack.enter_async_context(httpx2.AsyncClient(auth=auth, timeout=30, follow_redirects=True))
        transport = streamable_http_client(self.url, http_client=http)
        self.client = await self.stack.enter_async_context(Client(transport))
        return {"protocol": self.client.session.protocol_version}

    async def list(self, _):
        return [tool.model_dump(mode="json", by_alias=True) for tool in (await self.client.list_tools()).tools]

    async def call(self, asked):
        result = await self.client.call_tool(asked["name"], asked.get("arguments") or {})
        return result.model_dump(mode="json", by_alias=True, exclude_none=True)

    async def tokens(self, _):
        return self.memory.tokens and self.memory.tokens.model_dump(mode="json")

    async def close(self, _):
        return None


async def main(url):
    async with AsyncExitStack() as stack:
        ide = Ide(url, stack)
        while line := await asyncio.to_thread(sys.stdin.readline):
            asked = json.loads(line)
            try:
                value = await getattr(ide, asked["op"])(asked)
                say({"id": asked["id"], "ok": True, "value": value})
            except Exception as error:
                say({"id": asked["id"], "ok": False, "error": f"{type(error).__name__}: {error}"})
            if asked["op"] == "close":
                break


asyncio.run(main(sys.argv[1]))
