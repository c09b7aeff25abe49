using Dure.Bench;

// ./bench NAME [--quick]: measures, prints a line per goal, writes benchmarks/results/NAME.md.
var benchmarks = new Dictionary<string, Func<bool, Task<Report>>>(StringComparer.Ordinal)
{
    ["spine"] = SpineBenchmark.Run,
};
if (args.Length == 0 || !benchmarks.TryGetValue(args[0], out var benchmark))
{
    Console.Error.WriteLine($"usage: ./bench NAME [--quick]   NAME is one of: {string.Join(", ", benchmarks.Keys)}");
    return 2;
}
var isQuick = args.Contains("--quick");
var report = await benchmark(isQuick);
foreach (var line in report.Lines)
    Console.WriteLine(line);
if (!isQuick)
    report.Write();
return 0;
