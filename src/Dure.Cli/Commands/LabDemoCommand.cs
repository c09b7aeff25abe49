using System.CommandLine;
using Dure.Cli.Demo;
using Dure.Kernel;

namespace Dure.Cli.Commands;

/// <summary><c>dure lab demo</c>: an autonomous campaign on a virtual laboratory, from the idea to the report.</summary>
internal static class LabDemoCommand
{
    public static Command Build(SharedOptions shared, INodeLauncher launcher, TimeProvider time)
    {
        var keep = new Option<bool>("--keep") { Description = "Keep the node up afterwards, for the browser" };
        var url = new Option<string?>("--url") { Description = "Where the node listens (default: a free port; with --keep http://127.0.0.1:5210)" };
        var pace = new Option<double>("--pace") { Description = "How many times faster than real instruments, 100 to 100000", DefaultValueFactory = _ => LabStory.UsualPace };
        var command = new Command("demo", """
            See a campaign run by itself on a virtual laboratory: drafted, approved, each suggestion with its reason, a person who vetoes, pins and adds,
            the report. Nothing in it is real. Starts its own node in a folder of its own, or uses the one that --node names.

            Examples:
              dure lab demo
              dure lab demo --keep
              dure lab demo --node http://127.0.0.1:5210
            """) { keep, url, pace };
        command.SetAction(async (parsed, cancel) =>
        {
            if (parsed.GetValue(pace) is not (>= 100 and <= 100_000))
                throw new ProblemException("urn:dure:cli:bad-option", $"It is {parsed.GetValue(pace)}.", "--pace", "Give a number from 100 to 100000.");
            if (shared.NamesNode(parsed))
            {
                using var client = shared.Connect(parsed);
                return await Tell(shared, parsed, client, Directory.GetCurrentDirectory(), new Uri(client.Address, "/sign-in"), parsed.GetValue(pace), time, cancel);
            }
            var folder = Path.Combine(shared.DataFolder(parsed), "lab-demo");
            DemoCommand.EmptyFolder(folder);
            await using var node = await launcher.Start(new NodeSettings(folder, parsed.GetValue(url) ?? (parsed.GetValue(keep) ? null : "http://127.0.0.1:0")), cancel);
            using var own = new NodeClient(node.Address, node.AdministratorToken);
            await Tell(shared, parsed, own, folder, parsed.GetValue(keep) ? node.SignInLink : null, parsed.GetValue(pace), time, cancel);
            if (!parsed.GetValue(keep))
                return 0;
            if (!parsed.GetValue(shared.Json))
                Console.WriteLine("The node runs on. Ctrl+C stops it.");
            await node.UntilStopped(cancel);
            return 0;
        });
        return command;
    }

    /// <param name="signIn">Where the pages can be opened; null: nowhere, as the node ends with the demonstration.</param>
    private static async Task<int> Tell(SharedOptions shared, ParseResult parsed, NodeClient client, string folder, Uri? signIn, double pace, TimeProvider time, CancellationToken cancel)
    {
        var isQuiet = parsed.GetValue(shared.Json);
        var summary = await new LabStory(client, pace, time, line => { if (!isQuiet) Console.WriteLine(line); }).Tell(folder, cancel);
        return shared.Print(parsed, summary, () =>
        {
            Console.WriteLine();
            Console.WriteLine($"Done in {summary.Number("seconds"):0} s: {summary["known"]} trials, the best is trial {summary["best"]}: {summary.Text("bestOutcomes")}. Nothing of it is real.");
            Console.WriteLine($"The report: {summary.Text("report")}");
            Console.WriteLine(signIn is null ? "The page:   dure lab demo --keep leaves the node up for the browser" : $"The page:   {new Uri(client.Address, summary.Text("page"))}   sign in: {signIn}");
        });
    }
}
