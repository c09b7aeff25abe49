using System.CommandLine;
using System.Text.Json.Nodes;
using Dure.Kernel;

namespace Dure.Cli.Commands;

/// <summary><c>dure model proposals</c> and <c>dure model answer</c>: whether a model is trained again on newer rows is for a person to say.</summary>
internal static class RetrainingCommands
{
    public static Command List(SharedOptions shared)
    {
        var command = new Command("proposals", "Proposals to train again, the newest first, with their answers.");
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var answer = await node.Get("api/v1/retrainings", cancel);
            return shared.Print(parsed, answer, () =>
            {
                foreach (var one in answer["retrainings"]!.AsArray())
                    Console.WriteLine(InWords(one!));
                if (answer["retrainings"]!.AsArray().Count == 0)
                    Console.WriteLine("There are none. 'dure model drift MODEL DATASET --propose' makes one where it is time.");
            });
        });
        return command;
    }

    public static Command Answer(SharedOptions shared)
    {
        var proposal = new Argument<long>("proposal") { Description = "Its number, as 'dure model proposals' shows it" };
        var (approve, refuse) = (new Option<bool>("--approve") { Description = "Train again; the training starts at once" }, new Option<bool>("--refuse") { Description = "Leave the model as it is" });
        var why = new Option<string>("--why") { Description = "The reason, in a sentence", Required = true };
        var command = new Command("answer", "Approve or refuse a proposal to train again.") { proposal, approve, refuse, why };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            if (parsed.GetValue(approve) == parsed.GetValue(refuse))
                throw new ProblemException("urn:dure:cli:no-answer", "It is not said whether the model is to be trained again.", "--approve or --refuse", "Give one of them.");
            var answer = await node.Post($"api/v1/retrainings/{parsed.GetValue(proposal)}/answer", new JsonObject { ["answer"] = parsed.GetValue(approve) ? "approve" : "refuse", ["why"] = parsed.GetValue(why) }, cancel);
            return shared.Print(parsed, answer, () => Console.WriteLine(InWords(answer)));
        });
        return command;
    }

    private static string InWords(JsonNode one) => $"{one.Whole("entry")}  {one.Text("name")} on {one.Text("dataset")[7..19]}: {one.Text("state")}{(one["answer"] is { } answer ? $" by {answer.Text("by")}, because: {answer.Text("why")}" : "")}{(one["run"] is { } run ? $" (run {run})" : "")}\n    {one.Text("reason")}";
}
