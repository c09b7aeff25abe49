using System.Text.Json.Nodes;
using Spectre.Console;

namespace Dure.Cli;

/// <summary>The table of detectors as a training run returns it.</summary>
internal static class Leaderboard
{
    public static void Print(JsonNode result)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("Detector", "F1", "FAR %", "MAR %", "Chosen");
        foreach (var row in result["leaderboard"]!.AsArray())
        {
            table.AddRow(Markup.Escape(row.Text("detector")), Shown(row.Number("f1"), "0.000"), Shown(row.Number("far"), "0.0"), Shown(row.Number("mar"), "0.0"),
                row?["chosen"]?.GetValue<bool>() == true ? "yes" : "");
        }
        AnsiConsole.Write(table);
        if (result["leaderboard"]!.AsArray().All(row => double.IsNaN(row.Number("f1"))))
            Console.WriteLine("The dataset has no labels: the choice stands, but how often it is right is not known.");
        Console.WriteLine($"model {result.Text("model")}  {result.Text("why")}");
    }

    private static string Shown(double figure, string form) => double.IsNaN(figure) ? "-" : figure.ToString(form);
}
