"""The plain stack: ag-ui-langgraph's endpoint over ChatOpenAI, without store, log, quota or resume."""

from __future__ import annotations

import asyncio
import sys

import uvicorn
from ag_ui_langgraph import LangGraphAgent, add_langgraph_fastapi_endpoint
from fastapi import FastAPI
from langchain.agents import create_agent
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.memory import MemorySaver
from pydantic import SecretStr

from benchmarks.wire import MODEL

SYSTEM = "You are the copilot of a small business. Answer briefly, in the language of the question."


def _app(model_url: str) -> FastAPI:
    model = ChatOpenAI(model=MODEL, base_url=model_url, api_key=SecretStr("none"), stream_usage=True)
    graph = create_agent(model, tools=[], system_prompt=SYSTEM, checkpointer=MemorySaver())
    app = FastAPI()
    add_langgraph_fastapi_endpoint(app, LangGraphAgent(name="plain", graph=graph), "/")
    return app


class _Server(uvicorn.Server):
    async def startup(self, sockets: object = None) -> None:
        await super().startup()
        print(self.servers[0].sockets[0].getsockname()[1], flush=True)


if __name__ == "__main__":
    config = uvicorn.Config(_app(sys.argv[1]), port=0, log_level="error", access_log=False)
    asyncio.run(_Server(config).serve())
