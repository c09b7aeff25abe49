using Dure.Evidence;
using Dure.Loop;
using Dure.Loop.Retraining;

namespace Dure.Node.Acting;

/// <summary>The loop as this node has it: a simulated pump actuator behind the gate, since no real one is wired yet.</summary>
internal static class ActingServices
{
    private static readonly TimeSpan CoolDown = TimeSpan.FromMinutes(5);

    public static void AddActing(this IServiceCollection services)
    {
        var envelope = new Envelope("pump protection (simulated)", "administrator", [new AllowedAction(AlarmResponder.Action, CoolDown: CoolDown)], []);
        services.AddSingleton<JournalLedger>();
        services.AddSingleton(provider =>
        {
            var log = new DecisionLog();
            provider.GetRequiredService<JournalLedger>().Rebuild(log);
            return log;
        });
        services.AddSingleton(provider => new Gate(_ => envelope, new SimulatedActuator("pump"), provider.GetRequiredService<JournalLedger>(), provider.GetRequiredService<DecisionLog>()));
        services.AddSingleton<AlarmResponder>();
        services.AddSingleton<RetrainingHost>();
        services.AddSingleton(provider => new RetrainingDesk(provider.GetRequiredService<RetrainingHost>(), provider.GetRequiredService<RetrainingHost>().Before()));
    }
}
