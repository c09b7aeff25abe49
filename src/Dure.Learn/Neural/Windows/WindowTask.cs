using System.Text.Json.Nodes;
using Dure.Learn.Learners;
using Dure.Learn.Trees;

namespace Dure.Learn.Neural;

/// <summary>What a network says of a window.</summary>
public abstract record WindowTask
{
    private WindowTask()
    {
    }

    /// <summary>How badly each signal is rebuilt by a network that has seen healthy windows only: mean squares in standard deviations.</summary>
    public sealed record Rebuild : WindowTask;

    /// <summary>Numbers that come after the window, such as the next values of a signal.</summary>
    public sealed record Forecast(int Outputs) : WindowTask;

    /// <summary>What is left of a life at the end of the window, in the labels' unit; labels above the cap count as the cap.</summary>
    public sealed record RemainingLife(double Cap) : WindowTask;

    /// <summary>How probable each class is.</summary>
    public sealed record Classes(IReadOnlyList<string> Names) : WindowTask;

    /// <summary>Numbers of a prediction: of two classes one, the probability of the second.</summary>
    public int OutputsFor(WindowShape shape) => this switch
    {
        Rebuild => shape.Channels,
        Forecast forecast => forecast.Outputs,
        Classes { Names.Count: > 2 } classes => classes.Names.Count,
        _ => 1,
    };

    internal void Check()
    {
        BoostingOptions.Must(this is not Forecast forecast || forecast.Outputs is >= 1 and <= 4096, "outputs", "1 to 4,096");
        BoostingOptions.Must(this is not RemainingLife life || life.Cap is > 0 and <= 1e9, "cap", "above 0");
        if (this is Classes classes)
            LearningTask.Classification(classes.Names);
    }

    internal NetworkLoss Loss => this switch
    {
        Rebuild => NetworkLoss.Squared,
        Classes => new CrossEntropy(),
        RemainingLife => new RemainingLifeError(Late: 1.25f),
        _ => new HuberError(1),
    };

    internal JsonObject ToJson() => this switch
    {
        Rebuild => new() { ["kind"] = "rebuild" },
        Forecast forecast => new() { ["kind"] = "forecast", ["outputs"] = forecast.Outputs },
        RemainingLife life => new() { ["kind"] = "remaining-life", ["cap"] = life.Cap },
        Classes classes => new() { ["kind"] = "classes", ["names"] = new JsonArray([.. classes.Names.Select(name => JsonValue.Create(name))]) },
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    internal static WindowTask FromJson(JsonObject text) => text["kind"]!.GetValue<string>() switch
    {
        "rebuild" => new Rebuild(),
        "forecast" => new Forecast(text["outputs"]!.GetValue<int>()),
        "remaining-life" => new RemainingLife(text["cap"]!.GetValue<double>()),
        "classes" => new Classes([.. text["names"]!.AsArray().Select(name => name!.GetValue<string>())]),
        _ => throw new FormatException("an unknown task"),
    };
}
