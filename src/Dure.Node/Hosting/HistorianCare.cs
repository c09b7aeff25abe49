using Dure.Historian;
using Dure.Kernel;

namespace Dure.Node.Hosting;

/// <summary>Removes once a day what the rules of retention no longer keep, and logs what the historian cannot do in the background.</summary>
internal sealed class HistorianCare(PlantHistorian historian, TimeProvider time, ILogger<HistorianCare> log) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromDays(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        historian.Troubled += Log;
        try
        {
            await RemoveDaily(stoppingToken);
        }
        finally
        {
            historian.Troubled -= Log;
        }
    }

    private async Task RemoveDaily(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pause, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await historian.ApplyRetention("node", stoppingToken);
            }
            catch (Exception failure) when (failure is ProblemException or IOException)
            {
                log.LogWarning("Old samples could not be removed: {Reason}", failure.Message);
            }
        }
    }

    private void Log(Problem problem) => log.LogWarning("{Problem}", problem);
}
