// A client of the Model Context Protocol that is not ours (the protocol's own SDK) plans, approves and reads a campaign.
// Argument: the node's address. Input, a line each: a token that may all, a token that may only read, the bridge's command line as a JSON array (or nothing).
// Output: one JSON object a line.
import { createInterface } from "node:readline/promises";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const lines = [];
for await (const line of createInterface({ input: process.stdin })) lines.push(line);
const [token, readerToken, bridge] = lines;
const tell = (what, told) => console.log(JSON.stringify({ what, ...told }));

const connect = async (transport) => {
  const client = new Client({ name: "test", version: "1" });
  await client.connect(transport);
  return client;
};
const over = (bearer) => new StreamableHTTPClientTransport(new URL("/mcp", process.argv[2]), { requestInit: { headers: { Authorization: `Bearer ${bearer}` } } });
const call = async (client, name, args = {}) => {
  const { isError = false, structuredContent, content } = await client.callTool({ name, arguments: args });
  return { isError, structuredContent, text: content[0].text };
};

const plan = (temperature) => ({
  version: 1, name: "by MCP", objective: "more of it", budget: 12, seed: 1,
  factors: [{ name: "temperature", unit: "Cel", ...temperature }, { name: "solvent", options: ["water", "ethanol"] }],
  outcomes: [{ name: "yield", unit: "%", aim: "more" }],
});

const client = await connect(over(token));
const { tools } = await client.listTools();
tell("server", { name: client.getServerVersion().name, teaches: client.getInstructions().includes("Units"), tools: tools.map((tool) => tool.name) });
tell("refused plan", await call(client, "check_plan", { plan: plan({ low: 90, high: 20 }) }));
tell("slip", await call(client, "list_trials", { campaign: "x", form: 3 }));
const drafted = await call(client, "plan_campaign", { plan: plan({ low: 20, high: 90 }), owner: "Chemistry 2" });
tell("drafted", drafted);
const campaign = drafted.structuredContent.id;

const reader = await connect(over(readerToken));
tell("not allowed", await call(reader, "approve_campaign", { campaign, why: "I want to" }));
tell("too early", await call(client, "start_campaign", { campaign, why: "now" }));
await call(client, "approve_campaign", { campaign, why: "Kim has read it" });
tell("running", await call(client, "start_campaign", { campaign, why: "Kim said so" }));
tell("added", await call(client, "add_trial", { campaign, point: { temperature: "353.15 K", solvent: "water" } }));
const { structuredContent: { trials } } = await call(reader, "list_trials", { campaign });
const own = trials.find((trial) => trial.suggestion === null && Math.abs(trial.point.temperature - 80) < 1e-6);
tell("entered", await call(client, "enter_outcome", { campaign, trial: own.trial, state: "measured", values: { yield: "0.5 1" }, why: "read off the display" }));
tell("pinned", await call(client, "pin_factor", { campaign, factor: "solvent", from: "water", why: "ethanol has run out" }));
tell("read", await call(reader, "read_campaign", { campaign }));
tell("report", await call(reader, "report_campaign", { campaign }));
tell("stopped", await call(client, "stop_laboratory", { why: "a test" }));

if (bridge) {
  const [command, ...args] = JSON.parse(bridge);
  const desktop = await connect(new StdioClientTransport({ command, args }));
  tell("bridge", await call(desktop, "list_instruments"));
  await desktop.close();
}
await client.close();
await reader.close();
