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
            table.AddRow(Markup.Escape(row.Text("detector")), $"{row.Number("f1"):0.000}", $"{row.Number("far"):0.0}", $"{row.Number("mar"):0.0}",
                row?["chosen"]?.GetValue<bool>() == true ? "yes" : "");
        }
        AnsiConsole.Write(table);
        Console.WriteLine($"model {result.Text("model")}  {result.Text("why")}");
    }
}
