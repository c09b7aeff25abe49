namespace Dure.Bench.Lab;

/// <summary>The optimiser of laboratories and processes, part by part: <c>--only tables|stop|transfer|speed|pareto|safety</c> for one, <c>--only tables:NAME</c>, <c>stop:NAME</c> or <c>pareto:NAME</c> for one table or problem, <c>safety:fuel</c> for the refinery alone.</summary>
internal static class LabBenchmark
{
    public static async Task<Report> Run(bool isQuick, string? only)
    {
        var report = new Report("lab");
        var (part, one) = only?.Split(':') is [var first, var second] ? (first, second) : (only, null);
        bool asked(string name) => part is null || part == name;
        if (asked("speed"))
            await SuggestionSpeed.Run(report, isQuick);
        if (asked("pareto"))
            await ParetoBenchmark.Run(report, isQuick, one);
        if (asked("safety"))
            await SafetyBenchmark.Run(report, isQuick, one);
        var folder = Path.Combine(Environment.GetEnvironmentVariable("DURE_DATA") ?? "", "lab");
        if (!Directory.Exists(folder))
            report.Note("No public tables: set DURE_DATA to the folder that holds 'lab'.");
        else
        {
            if (asked("tables"))
                await TablesBenchmark.Run(report, folder, isQuick, one);
            if (asked("stop"))
                await StopBenchmark.Run(report, folder, isQuick, one);
            if (asked("transfer"))
                await TransferBenchmark.Run(report, folder, isQuick, one);
        }
        return report;
    }
}
