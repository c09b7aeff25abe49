using Dure.Evidence;
using Dure.Node.Http;

namespace Dure.Node.Runs;

/// <summary>The kinds of long work this node does.</summary>
internal static class WorkServices
{
    public static void AddWork(this IServiceCollection services)
    {
        services.AddSingleton<DeviceRecord>().AddSingleton<ScoreComparison>().AddSingleton<PackageShelf>().AddSingleton<AlarmExplainer>().AddSingleton<Chain>();
        services.AddSingleton<CutWork>().AddSingleton<TrainWork>().AddSingleton<PredictorWork>().AddSingleton<EffectWork>().AddSingleton<PlantTrialWork>().AddSingleton<RehearsalWork>();
        services.AddSingleton(provider => new RunBoard(provider.GetRequiredService<Journal>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<RunBoard>>(),
            new Dictionary<string, RunHandler>(StringComparer.Ordinal)
            {
                [CutWork.Kind] = provider.GetRequiredService<CutWork>().Run,
                [TrainWork.Kind] = provider.GetRequiredService<TrainWork>().Run,
                [PredictorWork.Kind] = provider.GetRequiredService<PredictorWork>().Run,
                [EffectWork.Kind] = provider.GetRequiredService<EffectWork>().Run,
                [RehearsalWork.Kind] = provider.GetRequiredService<RehearsalWork>().Run,
                [PlantTrialWork.Kind] = provider.GetRequiredService<PlantTrialWork>().Run,
            }));
        services.AddSingleton<Dure.Web.IRunBook, RunBook>();
    }
}
