namespace Dure.Plants.Distillation;

/// <summary>
/// Moves Column A on by steps far longer than its trays' seconds: the linearly implicit method of second order ROS2 (Verwer et al. 1999), which stays of
/// second order with an approximate derivative. Ours leaves out how compositions depend on holdups: as holdups do not depend on compositions, the rest is a chain
/// and a tridiagonal matrix and has the same eigenvalues, and a step costs some 200 divisions.
/// </summary>
internal sealed class ColumnStepper
{
    private const int Stages = ColumnA.Stages;
    private const double Gamma = 0.29289321881345254; // 1 - 1/√2: damps all fast parts.

    private readonly double[] first = new double[ColumnA.StateLength];
    private readonly double[] second = new double[ColumnA.StateLength];
    private readonly double[] trial = new double[ColumnA.StateLength];
    private readonly double[] lower = new double[Stages];
    private readonly double[] diagonal = new double[Stages];
    private readonly double[] upper = new double[Stages];

    public void Step(Span<double> state, in ColumnInputs inputs, double minutes)
    {
        var scaled = Gamma * minutes;
        Factor(state, inputs, scaled);
        ColumnA.Rates(state, inputs, first);
        Solve(first, scaled);
        for (var i = 0; i < state.Length; i++)
            trial[i] = state[i] + minutes * first[i];
        ColumnA.Rates(trial, inputs, second);
        for (var i = 0; i < state.Length; i++)
            second[i] -= 2 * first[i];
        Solve(second, scaled);
        for (var i = 0; i < state.Length; i++)
            state[i] += minutes * (1.5 * first[i] + 0.5 * second[i]);
        for (var i = 0; i < Stages; i++)
            state[i] = Math.Clamp(state[i], 1e-9, 1 - 1e-9);
    }

    /// <summary>The tridiagonal matrix 1 - γh ∂(dx/dt)/∂x, factored in its place without exchanges: it is diagonally dominant.</summary>
    private void Factor(ReadOnlySpan<double> state, in ColumnInputs inputs, double scaled)
    {
        ReadOnlySpan<double> x = state[..Stages], holdup = state.Slice(Stages, Stages);
        var (below, above) = (inputs.BoilUp, inputs.BoilUp + (1 - inputs.FeedLiquidShare) * inputs.Feed);
        var slopeIn = 0.0;
        for (var i = 0; i < Stages; i++)
        {
            var root = 1 + (ColumnA.Volatility - 1) * x[i];
            var slope = ColumnA.Volatility / (root * root);
            var into = i == Stages - 1 ? 0 : i == Stages - 2 ? inputs.Reflux : ColumnA.LiquidFrom(i + 1, holdup);
            var (rising, leaving) = (i == 0 ? 0 : i <= ColumnA.FeedStage ? below : above, i < ColumnA.FeedStage ? below : above);
            var feed = i == ColumnA.FeedStage ? inputs.Feed : 0;
            var factor = scaled / holdup[i];
            lower[i] = -factor * rising * slopeIn;
            upper[i] = -factor * into;
            // The condenser passes all vapour on as liquid of its own composition: nothing of it leaves as vapour.
            diagonal[i] = 1 + factor * (into + rising + feed + (i == Stages - 1 ? 0 : leaving * (slope - 1)));
            slopeIn = slope;
        }
        for (var i = 1; i < Stages; i++)
        {
            lower[i] /= diagonal[i - 1];
            diagonal[i] -= lower[i] * upper[i - 1];
        }
    }

    private void Solve(Span<double> right, double scaled)
    {
        for (var i = 1; i < Stages; i++)
            right[i] -= lower[i] * right[i - 1];
        right[Stages - 1] /= diagonal[Stages - 1];
        for (var i = Stages - 2; i >= 0; i--)
            right[i] = (right[i] - upper[i] * right[i + 1]) / diagonal[i];

        // Holdups: the condenser's and each tray's depend on themselves, and each stage gets what the tray above lets down.
        var level = right[Stages..];
        var (own, share) = (1 / (1 + scaled / ColumnA.HydraulicLag), scaled / ColumnA.HydraulicLag);
        level[^1] /= 1 + scaled * ColumnA.LevelGain;
        level[Stages - 2] *= own;
        for (var i = Stages - 3; i >= 1; i--)
            level[i] = (level[i] + share * level[i + 1]) * own;
        level[0] = (level[0] + share * level[1]) / (1 + scaled * ColumnA.LevelGain);
    }
}
