using Dure.Exchange.Identity;
using Dure.Kernel;

namespace Dure.Node.Hosting;

/// <summary>Asks once a day, and soon after the start, for new credentials where old ones are about to end.</summary>
internal sealed class CredentialCare(ExchangeIdentity exchange, RefusedTokens refusals, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan AfterStart = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Pause = TimeSpan.FromDays(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Delay(AfterStart, time, stoppingToken);
        using var timer = new PeriodicTimer(Pause, time);
        do
        {
            try
            {
                foreach (var trouble in await exchange.Renewals.AskForDue(stoppingToken))
                    refusals.Tell("Renewing a credential", trouble);
            }
            catch (ProblemException failure)
            {
                refusals.Tell("Renewing a credential", failure.Problem.What);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
