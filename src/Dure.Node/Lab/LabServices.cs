using Dure.Lab.Campaigns;
using Dure.Lab.Instruments;
using Dure.Lab.Running;
using Dure.Lab.Safety;
using Dure.Lab.Virtual;
using Dure.Loop;
using Dure.Node.Acting;
using Dure.Node.Hosting;

namespace Dure.Node.Lab;

/// <summary>The laboratory as this node has it.</summary>
internal static class LabServices
{
    public static void AddLab(this IServiceCollection services, NodeOptions options)
    {
        var folder = Path.Combine(options.DataPath, "lab");
        services.AddSingleton<LabLedger>();
        services.AddSingleton<ILabLedger>(provider => provider.GetRequiredService<LabLedger>());
        services.AddSingleton<CampaignSight>();
        services.AddSingleton(provider => CampaignBook.Open(provider.GetRequiredService<LabLedger>()));
        services.AddSingleton<CampaignDesk>();
        services.AddSingleton<Mcp.LabTools>();
        services.AddSingleton<Watch>();
        services.AddSingleton(provider => new MaterialStore(provider.GetRequiredService<LabLedger>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => VirtualLab.Open(Path.Combine(Directory.CreateDirectory(folder).FullName, "virtual.jsonl"), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new InstrumentBench(provider.GetRequiredService<LabLedger>(), provider.GetRequiredService<JournalLedger>(), provider.GetRequiredService<DecisionLog>(),
            new InstrumentConnector(Path.Combine(folder, "keys"), (card, link) => provider.GetRequiredService<VirtualLab>().Instrument(card, link), provider.GetRequiredService<TimeProvider>()), provider.GetRequiredService<Watch>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new LabEngine(provider.GetRequiredService<CampaignBook>(), provider.GetRequiredService<InstrumentBench>(), provider.GetRequiredService<MaterialStore>(), new LabOptions(), provider.GetRequiredService<TimeProvider>(),
            (failure, campaign) => LogFault(provider.GetRequiredService<ILogger<LabEngine>>(), failure, campaign)));
    }

    /// <summary>Connects the instruments and goes on where the journal ends.</summary>
    public static void StartLab(this IServiceProvider services)
    {
        services.GetRequiredService<InstrumentBench>().Start();
        services.GetRequiredService<LabEngine>().Start();
    }

    private static void LogFault(ILogger log, Exception failure, string campaign) => log.LogError(failure, "The laboratory could not go on with campaign '{Campaign}'; it tries again", campaign);
}
