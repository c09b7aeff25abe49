using Dure.Datasets;
using Dure.Exchange.Handover;
using Dure.Kernel;
using Dure.Learn.Registry;

namespace Dure.Web;

/// <summary>Looks at how far newer rows have moved from those a model learnt from, for pages and the API alike.</summary>
public sealed class DriftLook(PredictorRegistry predictors, DatasetCatalog datasets, Obligations obligations)
{
    /// <summary>A look loads a whole table: more of them at once would be a way to take all memory.</summary>
    private static readonly SemaphoreSlim Room = new(2);

    /// <summary>What is told of drift is made of the data, as a model is: others' data are looked at only where they grant it.</summary>
    /// <exception cref="ProblemException">The terms of the data do not grant it, or the data are not such rows.</exception>
    public async Task<PredictorDrift> Of(PredictorVersion model, DatasetVersion dataset, CancellationToken cancel)
    {
        await obligations.ToDerive(dataset.Name, dataset.Entry, cancel);
        await Room.WaitAsync(cancel);
        try
        {
            var table = await datasets.LoadTable(dataset, cancel);
            return await Task.Run(() => PredictorDrift.Of(predictors, model, table, cancel), cancel);
        }
        finally
        {
            Room.Release();
        }
    }
}
