using Dure.Edge.Onnx;
using Dure.Kernel;

namespace Dure.Learn;

/// <summary>Scores one machine with the graph that was registered for it, as a device does; owns the state of one stream of rows.</summary>
public sealed class ModelScorer
{
    private readonly ManifestMachine machine;
    private readonly OnnxSession session;
    private readonly double[] newest;
    private readonly double[] state;

    private ModelScorer(ManifestMachine machine, OnnxSession session)
    {
        (this.machine, this.session) = (machine, session);
        newest = new double[machine.Signals.Count];
        state = [.. machine.StartState];
    }

    /// <summary>Each signal's part of the newest score.</summary>
    public ReadOnlySpan<double> Contributions => session.Get<double>("contributions");

    /// <summary>A scorer for rows that follow the machine's commissioning rows.</summary>
    public static ModelScorer Open(ModelRegistry registry, ManifestMachine machine) =>
        new(machine, OnnxSession.Create(OnnxModel.Read(registry.ReadOnnx(machine))));

    /// <summary>The score of the next row in time; above 1 is an alarm.</summary>
    public double Score(ReadOnlySpan<double> row)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(row.Length, newest.Length);
        session.Set("x", row, 1, row.Length);
        if (state.Length != 0)
            session.Set<double>("state", state, 1, state.Length);
        session.Run();
        if (state.Length != 0)
            session.Get<double>("state_next").CopyTo(state);
        for (var j = 0; j < newest.Length; j++)
            newest[j] = double.IsNaN(row[j]) ? 0 : (row[j] - machine.Mean[j]) / machine.Deviation[j];
        return session.Get<double>("score")[0];
    }

    /// <summary>Which signals the newest score is made of.</summary>
    public Explanation Explain(DateTimeOffset time) => Explanation.Of(AssetId.Parse(machine.Asset), time, session.Get<double>("score")[0], machine.Signals,
        Contributions, state.Length != 0 ? state : newest, newest);
}
