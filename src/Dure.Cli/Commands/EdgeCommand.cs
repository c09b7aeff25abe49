using System.CommandLine;
using System.Text.Json.Nodes;
using Dure.Edge.Onnx;
using Dure.Kernel;

namespace Dure.Cli.Commands;

/// <summary><c>dure edge</c>: devices, and what a model file needs.</summary>
internal static class EdgeCommand
{
    public static Command Build(SharedOptions shared) => new("edge", "Enrol devices, give them packages, look into model files.") { List(shared), Enrol(shared), Deploy(shared), Check(shared) };

    private static Command List(SharedOptions shared)
    {
        var command = new Command("list", "List devices.\n\nExample:\n  dure edge list");
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var answer = await node.Get("api/v1/devices", cancel);
            return shared.Print(parsed, answer, () =>
            {
                foreach (var device in answer["devices"]!.AsArray())
                    Console.WriteLine($"{device.Text("id")}  {device.Text("name"),-24} {device!["rows"],10} rows  {device["alarms"],6} alarms  last seen {device["lastSeen"]?.ToString() ?? "never"}");
            });
        });
        return command;
    }

    private static Command Enrol(SharedOptions shared)
    {
        var name = new Argument<string>("name") { Description = "Name of the device, such as pump-house-2" };
        var tokenOut = new Option<FileInfo>("--token-out") { Description = "Where to write the device's token", Required = true };
        var command = new Command("enrol", "Make a device known; its token goes into a file.\n\nExample:\n  dure edge enrol pump-house-2 --token-out device.token") { name, tokenOut };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var answer = (await node.Post("api/v1/devices", new JsonObject { ["name"] = parsed.GetValue(name) }, cancel)).AsObject();
            var file = parsed.GetValue(tokenOut)!.FullName;
            await SecretFile.Write(file, answer.Text("token"), cancel);
            answer.Remove("token");
            return shared.Print(parsed, answer, () => Console.WriteLine($"{answer.Text("id")}  token in {file}"));
        });
        return command;
    }

    private static Command Deploy(SharedOptions shared)
    {
        var device = new Argument<string>("device");
        var package = new Argument<string>("package") { Description = "The package's hash" };
        var command = new Command("deploy", "Record which package a device is to run.\n\nExample:\n  dure edge deploy DEVICE PACKAGE") { device, package };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var answer = await node.Post($"api/v1/devices/{parsed.GetValue(device)}/deployments", new JsonObject { ["package"] = parsed.GetValue(package) }, cancel);
            return shared.Print(parsed, answer, () => Console.WriteLine($"{answer.Text("name")} is to run {answer.Text("package")}"));
        });
        return command;
    }

    private static Command Check(SharedOptions shared)
    {
        var file = new Argument<FileInfo>("model") { Description = "An .onnx file" };
        var command = new Command("check", "Say whether dure-edge can run an ONNX model, and which operators are missing where.\n\nExample:\n  dure edge check model.onnx") { file };
        command.SetAction(parsed =>
        {
            var path = parsed.GetValue(file)!;
            if (!path.Exists)
                throw new ProblemException("urn:dure:cli:no-file", "There is no such file.", path.FullName, "Check the path.");
            var model = OnnxModel.Read(File.ReadAllBytes(path.FullName));
            var runs = OnnxSession.TryCreate(model, out _, out var missing);
            var answer = new JsonObject
            {
                ["runs"] = runs,
                ["nodes"] = model.Graph.Nodes.Count,
                ["missing"] = new JsonArray([.. missing.Select(one => new JsonObject { ["operator"] = one.OpType, ["domain"] = one.Domain, ["node"] = one.Node })]),
            };
            shared.Print(parsed, answer, () =>
            {
                Console.WriteLine(runs ? $"dure-edge runs it: {model.Graph.Nodes.Count} nodes." : $"dure-edge cannot run it; {missing.Count} node(s) need operators it does not have:");
                foreach (var one in missing)
                    Console.WriteLine($"  {one.OpType}{(one.Domain.Length > 0 ? $" ({one.Domain})" : "")} at node {one.Node}: export the model without it, or with a lower opset.");
            });
            return runs ? 0 : 1;
        });
        return command;
    }
}
