using System.CommandLine;
using System.Text.Json.Nodes;
using Dure.Cli.Commands;
using Dure.Cli.Demo;
using Dure.Kernel;

namespace Dure.Cli;

/// <summary>The <c>dure</c> command: one verb per link of the chain.</summary>
public static class DureCommand
{
    private const string Description = """
        Dure: from machine data to a verified effect, on one node.

        Examples:
          dure demo                               see the whole chain work on real data
          dure up                                 start a node on http://127.0.0.1:5210
          dure ingest pump.csv --asset plant/pump1
          dure dataset cut pumps --asset plant/pump1 --commissioning-rows 400
          dure train VERSION
          dure verify claim.json                  check a claim offline, with the public key alone

        Exit codes: 0 done; 1 refused or failed, with the reason; 2 the words of the command are wrong; 3 a tool is missing.
        """;

    /// <summary>Runs one command line.</summary>
    /// <param name="launcher">Starts nodes for <c>up</c> and <c>demo</c>.</param>
    /// <param name="gateways">Runs gateways for <c>gateway</c>.</param>
    /// <returns>The process's exit code.</returns>
    public static async Task<int> Run(string[] args, INodeLauncher launcher, IGatewayLauncher gateways, TimeProvider time)
    {
        var shared = new SharedOptions();
        var root = new RootCommand(Description)
        {
            DemoCommand.Build(shared, launcher, time),
            UpCommand.Build(shared, launcher),
            StatusCommand.Build(shared),
            SignalsCommand.Build(shared),
            SourcesCommand.Build(shared),
            RetentionCommand.Build(shared),
            IngestCommand.Build(shared),
            GatewayCommand.Build(shared, gateways),
            DatasetCommand.Build(shared),
            TrainCommand.Build(shared),
            ModelCommand.Build(shared),
            PackageCommand.Build(shared),
            EdgeCommand.Build(shared),
            ExplainCommand.Build(shared),
            LabCommand.Build(shared, launcher, time),
            PlantCommand.Build(shared),
            EffectCommand.Build(shared),
            McpCommand.Build(shared),
            VerifyCommand.Build(shared),
            SqlCommand.Build(shared),
            TokenCommand.Build(shared),
            ExchangeCommand.Build(shared),
            ShellsCommand.Build(shared),
        };
        shared.AddTo(root);
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            await parsed.InvokeAsync();
            return 2;
        }
        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromSeconds(20) });
        }
        catch (ProblemException refused)
        {
            return Tell(refused.Problem, parsed.GetValue(shared.Json));
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("dure: stopped.");
            return 1;
        }
        catch (IOException failure)
        {
            return Tell(new Problem("urn:dure:cli:io", failure.Message, "file system", "Check the path, the rights and the free space."), parsed.GetValue(shared.Json));
        }
        catch (UnauthorizedAccessException failure)
        {
            return Tell(new Problem("urn:dure:cli:no-access", failure.Message, "file system", "Check who owns the file or folder."), parsed.GetValue(shared.Json));
        }
    }

    private static int Tell(Problem problem, bool asJson)
    {
        if (asJson)
        {
            Console.Error.WriteLine(new JsonObject
            {
                ["type"] = problem.Type,
                ["what"] = problem.What,
                ["where"] = problem.Where,
                ["mend"] = problem.Mend,
            }.ToJsonString());
        }
        else
        {
            Console.Error.WriteLine($"dure: {problem.What}\n  where: {problem.Where}\n  mend:  {problem.Mend}");
        }
        return 1;
    }
}
