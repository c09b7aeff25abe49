using System.Text.Json.Nodes;
using Dure.Datasets;
using Dure.Exchange.Handover;
using Dure.Historian;
using Dure.Kernel;
using Dure.Node.Http;

namespace Dure.Node.Runs;

/// <summary>Cuts a dataset version as a request asks for it.</summary>
internal sealed class CutWork(DatasetCatalog catalog, PlantHistorian historian, ReceivedBook received)
{
    public const string Kind = "dataset-cut";
    private const int DefaultCommissioningRows = 400;

    public async Task<JsonObject> Run(JsonObject request, RunContext context)
    {
        var spec = SpecOf(request);
        var origins = ReceivedBook.EntriesOf(spec.Assets.SelectMany(asset => received.SignalsUnder(asset.Path)));
        var version = await catalog.Cut(spec, context.Actor, new Teller(context), context.Cancel, origins);
        return DatasetEndpoints.Describe(version);
    }

    private DatasetSpec SpecOf(JsonObject request)
    {
        var assets = Requests.Texts(request, "assets").Select(AssetId.Parse).ToArray();
        if (assets.Length == 0)
            throw new ProblemException("urn:dure:datasets:bad-spec", "No machine is named.", "field 'assets'", "Name at least one, as plant/pump1.");
        var named = Requests.Texts(request, "signals");
        return new DatasetSpec
        {
            Name = Requests.Text(request, "name"),
            Title = Requests.TextOr(request, "title", Requests.Text(request, "name")),
            Description = Requests.TextOr(request, "description", ""),
            Licence = Requests.TextOr(request, "licence", "not stated"),
            Source = Requests.TextOr(request, "citation", ""),
            Assets = assets,
            Signals = named.Count > 0 ? named : MeasurementsOf(assets[0]),
            LabelSignal = request["label"]?.GetValue<string>(),
            Split = new Split.CommissioningRows(Requests.WholeOr(request, "commissioningRows", DefaultCommissioningRows)),
        };
    }

    private List<string> MeasurementsOf(AssetId asset) =>
        [.. historian.Signals.Where(signal => signal.Id.Asset == asset && signal.Definition.Role == SignalRole.Measurement && !DeviceSignals.IsOne(signal.Id)).Select(signal => signal.Id.Name)];

    private sealed class Teller(RunContext context) : IProgress<DatasetProgress>
    {
        public void Report(DatasetProgress value) => context.Report((double)value.AssetsDone / Math.Max(1, value.Assets), $"aligning {value.Asset}, {value.Rows:N0} rows");
    }
}
