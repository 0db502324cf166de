// A slow line: no saved draft is told to the page before the test calls letGo().
(() => {
  const ask = window.fetch;
  const gate = new Promise((resolve) => (window.letGo = resolve));
  window.fetch = async (...request) => {
    const response = await ask(...request);
    if (!response.headers.get("Content-Type")?.startsWith("text/event-stream")) return response;
    let rest = "";
    const slow = new TransformStream({
      async transform(text, out) {
        const lines = (rest + text).split("\n");
        rest = lines.pop();
        for (const line of lines) {
          if (/TOOL_CALL_RESULT.*content_id/.test(line)) await gate;
          out.enqueue(`${line}\n`);
        }
      },
    });
    const body = response.body
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(slow)
      .pipeThrough(new TextEncoderStream());
    return new Response(body, { status: response.status, headers: response.headers });
  };
})();
