using System.Runtime.InteropServices;

namespace Dure.Bench;

/// <summary>What a benchmark found: a line per goal, with the machine and the day it was found on.</summary>
internal sealed class Report(string name)
{
    private readonly List<string> lines = [];

    public void Goal(string goal, double measured, string unit, double target, bool higherIsBetter = true)
    {
        var isMet = higherIsBetter ? measured >= target : measured <= target;
        Add($"{name} goal: {goal}: measured {measured:N0} {unit}, target {target:N0}: {(isMet ? "met" : "short")}");
    }

    /// <summary>A figure against a peer's of the same run.</summary>
    /// <param name="target">Of the ratio measured over peer: at least, or at most when a smaller figure is better.</param>
    public void Compared(string goal, double measured, string peer, double peers, string unit, double target, bool higherIsBetter = true)
    {
        var ratio = measured / peers;
        var isMet = higherIsBetter ? ratio >= target : ratio <= target;
        Add($"{name} goal: {goal}: measured {Shown(measured)} {unit}, {peer} {Shown(peers)} {unit}, ratio {Shown(ratio)}, target {(higherIsBetter ? "at least" : "at most")} {target:0.##}: {(isMet ? "met" : "short")}");
    }

    /// <summary>A figure against a fixed bound.</summary>
    public void Bounded(string goal, double measured, string unit, double target, bool higherIsBetter = false)
    {
        var isMet = higherIsBetter ? measured >= target : measured <= target;
        Add($"{name} goal: {goal}: measured {Shown(measured)} {unit}, target {(higherIsBetter ? "at least" : "at most")} {Shown(target)}: {(isMet ? "met" : "short")}");
    }

    /// <summary>A goal that is no plain ratio, judged where it was measured.</summary>
    public void Verdict(string goal, string figures, bool isMet) => Add($"{name} goal: {goal}: {figures}: {(isMet ? "met" : "short")}");

    public void Note(string text) => Add($"{name} note: {text}");

    // A benchmark takes up to an hour: what is found is told at once.
    private void Add(string line)
    {
        lines.Add(line);
        Console.WriteLine(line);
    }

    /// <summary>Writes <c>benchmarks/results/NAME.md</c>.</summary>
    public void Write()
    {
        var folder = Path.Combine(Root(), "benchmarks", "results");
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, name + ".md"), $"""
            # {name}

            Measured {TimeProvider.System.GetUtcNow():yyyy-MM-dd HH:mm} UTC by `./bench {name}` on {Cpu()}, {Environment.ProcessorCount} cores, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}. Client and node share the cores.

            ```
            {string.Join('\n', lines)}
            ```

            """);
    }

    public static double Median(IEnumerable<double> values) => values.Order().ToArray() is var sorted ? sorted[sorted.Length / 2] : 0;

    internal static string Shown(double value) => Math.Abs(value) >= 1000 ? $"{value:N0}" : $"{value:0.###}";

    private static string Cpu() => File.Exists("/proc/cpuinfo")
        ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "unknown processor"
        : "unknown processor";

    public static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Dure.slnx")))
            folder = folder.Parent;
        return folder.FullName;
    }
}
