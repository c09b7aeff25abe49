using System.Runtime.InteropServices;
using System.Text.Json;

namespace Dure.Bench.Learn;

/// <summary>One training to be timed, the same for us and for peers; its numbers lie in files beside it.</summary>
/// <param name="Name">What it is called in the results.</param>
/// <param name="Kind">regression, binary or classes.</param>
/// <param name="Classes">Of classes their number.</param>
internal sealed record LearnTask(string Name, string Kind, int Classes, int Columns, int TrainRows, int TestRows)
{
    public int Rounds { get; init; } = 100;
    public double LearningRate { get; init; } = 0.1;
    public int Leaves { get; init; } = 31;
    public double RowShare { get; init; } = 1;
    public double ColumnShare { get; init; } = 1;
    public int Seed { get; init; }
    public int Threads { get; init; } = 2;

    /// <summary>How many more times it is trained in the same process: what runs for long is not what has just begun.</summary>
    public int Again { get; init; }

    /// <summary>Whether single rows and explanations are timed, too.</summary>
    public bool IsDeep { get; init; }

    public static LearnTask Read(string folder) => JsonSerializer.Deserialize<LearnTask>(File.ReadAllBytes(Path.Combine(folder, "task.json")))!; // written by Write

    /// <summary>Writes the task with its rows, row-major, in single precision.</summary>
    public void Write(string folder, float[] train, float[] trainLabels, float[] test)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllBytes(Path.Combine(folder, "task.json"), JsonSerializer.SerializeToUtf8Bytes(this));
        foreach (var (name, values) in new[] { ("train", train), ("labels", trainLabels), ("test", test) })
            File.WriteAllBytes(Path.Combine(folder, name + ".f32"), MemoryMarshal.AsBytes<float>(values));
    }

    public static float[] Floats(string folder, string name) => MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(Path.Combine(folder, name + ".f32"))).ToArray();
}

/// <summary>What one process found.</summary>
/// <param name="TrainSeconds">Of the first training.</param>
/// <param name="AgainSeconds">The median of the last three of the trainings that followed; NaN without.</param>
internal sealed record LearnTimes(double TrainSeconds, double AgainSeconds, double PredictRowsPerSecond, double SingleRowMicroseconds, double ExplainedRowsPerSecond, double PeakMiB);
