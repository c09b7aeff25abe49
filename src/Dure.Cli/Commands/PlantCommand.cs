using System.CommandLine;
using System.Text.Json.Nodes;

namespace Dure.Cli.Commands;

/// <summary><c>dure plant</c>: trials of the set-point loop on virtual plants.</summary>
internal static class PlantCommand
{
    public static Command Build(SharedOptions shared) => new("plant", """
        Try the loop that moves set-points on a virtual plant of the node. Nothing real moves.

        Examples:
          dure plant trial crude-unit
          dure plant trial crude-unit --seed 7 --pairs 16
        """)
    {
        Trial(shared),
    };

    private static Command Trial(SharedOptions shared)
    {
        var plant = new Argument<string>("plant") { Description = "crude-unit: a fired heater that boils a distillation column", DefaultValueFactory = _ => "crude-unit" };
        var seed = new Option<int>("--seed") { Description = "Of the disturbances, the search and the coins; the same seed gives the same trial", DefaultValueFactory = _ => 1 };
        var pairs = new Option<int>("--pairs") { Description = "Pairs of day-long blocks of the switchback, 6 to 30", DefaultValueFactory = _ => 12 };
        var command = new Command("trial", """
            A fortnight at a stated, deliberately poor operating point; the loop looks for less fuel; then the unit is switched back and forth between both points by chance,
            and the effect is claimed with its 95 % interval, by a plan that stood in the journal before the first block. Takes seconds; all of it is simulated.

            Examples:
              dure plant trial crude-unit --seed 7
              dure effect show CLAIM
              dure effect bundle CLAIM --out claim.json && dure verify claim.json
            """) { plant, seed, pairs };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var request = new JsonObject { ["plant"] = parsed.GetValue(plant), ["seed"] = parsed.GetValue(seed), ["pairs"] = parsed.GetValue(pairs) };
            var answer = await node.Run("api/v1/plants/trials", request, ProgressLine.For(parsed.GetValue(shared.Json)), cancel);
            return shared.Print(parsed, answer, () => Tell(answer, node.Address));
        });
        return command;
    }

    private static void Tell(JsonObject answer, Uri node)
    {
        var trial = answer["trial"]!;
        Console.WriteLine($"Trial of {trial.Text("plant")}, seed {trial.Whole("seed")}: SIMULATED");
        Console.WriteLine($"  {"",-22} {"base",10} {"found",10}");
        foreach (var (one, i) in trial["setPoints"]!.AsArray().Select((one, i) => (one, i)))
            Console.WriteLine($"  {one.Text("name"),-22} {trial["base"]![i]!.GetValue<double>(),10:0.####} {trial["optimised"]![i]!.GetValue<double>(),10:0.####} {one.Text("unit")}");
        Console.WriteLine($"  {"",-22} {"moves",10} {"kg/kmol",10} {"off specification",18} {"emission",10}");
        foreach (var phase in trial["phases"]!.AsArray())
            Console.WriteLine($"  {phase.Text("phase"),-22} {phase.Whole("moves"),10} {1000 * phase.Number("fuelTonnes") / phase.Number("feedKilomoles"),10:0.000} {phase.Whole("offSpecificationMinutes"),14} min {phase.Whole("emissionMinutes"),6} min");
        foreach (var line in answer["lines"]!.AsArray())
            Console.WriteLine(line!.GetValue<string>());
        foreach (var line in trial["plainly"]!.AsArray())
            Console.WriteLine($"  {line!.GetValue<string>()}");
        Console.WriteLine($"Its page: {node}effects/{answer.Text("claim")}");
    }
}
