using Dure.Kernel;

namespace Dure.Learn.Neural;

/// <summary>How wrong an output is, and in which direction it should move; one example at a time.</summary>
internal abstract record NetworkLoss
{
    public static NetworkLoss Squared { get; } = new SquaredError();
    public static NetworkLoss Absolute { get; } = new AbsoluteError();

    /// <summary>Numbers of a target for an output of this many.</summary>
    public virtual int TargetSize(int outputs) => outputs;

    /// <summary>The loss of one example; writes its gradient.</summary>
    public abstract double Of(ReadOnlySpan<float> output, ReadOnlySpan<float> target, Span<float> gradient);
}

/// <summary>Mean of (y - t)^2.</summary>
internal sealed record SquaredError : NetworkLoss
{
    public override double Of(ReadOnlySpan<float> output, ReadOnlySpan<float> target, Span<float> gradient)
    {
        var sum = 0.0;
        for (var i = 0; i < output.Length; i++)
        {
            var error = output[i] - target[i];
            sum += (double)error * error;
            gradient[i] = 2 * error / output.Length;
        }
        return sum / output.Length;
    }
}

/// <summary>Mean of |y - t|.</summary>
internal sealed record AbsoluteError : NetworkLoss
{
    public override double Of(ReadOnlySpan<float> output, ReadOnlySpan<float> target, Span<float> gradient)
    {
        var sum = 0.0;
        for (var i = 0; i < output.Length; i++)
        {
            var error = output[i] - target[i];
            sum += Math.Abs(error);
            gradient[i] = (float)Math.Sign(error) / output.Length;
        }
        return sum / output.Length;
    }
}

/// <summary>Squared for errors up to <paramref name="Delta"/>, straight beyond: Huber (1964).</summary>
internal sealed record HuberError(float Delta) : NetworkLoss
{
    public override double Of(ReadOnlySpan<float> output, ReadOnlySpan<float> target, Span<float> gradient)
    {
        var sum = 0.0;
        for (var i = 0; i < output.Length; i++)
        {
            var error = output[i] - target[i];
            var size = MathF.Abs(error);
            sum += size <= Delta ? 0.5 * error * error : Delta * (size - 0.5 * Delta);
            gradient[i] = Math.Clamp(error, -Delta, Delta) / output.Length;
        }
        return sum / output.Length;
    }
}

/// <summary>One output for each quantile, all of the same target: (t - y) q above it, (y - t) (1 - q) below. Koenker, Bassett (1978).</summary>
internal sealed record QuantileError(IReadOnlyList<float> Quantiles) : NetworkLoss
{
    public override int TargetSize(int outputs) => 1;

    public override double Of(ReadOnlySpan<float> output, ReadOnlySpan<float> target, Span<float> gradient)
    {
        var sum = 0.0;
        for (var i = 0; i < output.Length; i++)
        {
            var error = target[0] - output[i];
            sum += error > 0 ? Quantiles[i] * error : (Quantiles[i] - 1) * error;
            gradient[i] = (error > 0 ? -Quantiles[i] : 1 - Quantiles[i]) / output.Length;
        }
        return sum / output.Length;
    }
}

/// <summary>
/// Squared, but an estimate that is too high counts <paramref name="Late"/> times: of a remaining life, to be told too late is worse than too early.
/// </summary>
internal sealed record RemainingLifeError(float Late) : NetworkLoss
{
    public override double Of(ReadOnlySpan<float> output, ReadOnlySpan<float> target, Span<float> gradient)
    {
        var sum = 0.0;
        for (var i = 0; i < output.Length; i++)
        {
            var error = output[i] - target[i];
            var weight = error > 0 ? Late : 1;
            sum += (double)weight * error * error;
            gradient[i] = 2 * weight * error / output.Length;
        }
        return sum / output.Length;
    }
}

/// <summary>Minus the logarithm of the probability of the true class; outputs are logits, the target is the class's number.</summary>
/// <param name="Smoothing">This share of the truth is spread over all classes.</param>
internal sealed record CrossEntropy(float Smoothing = 0) : NetworkLoss
{
    public override int TargetSize(int outputs) => 1;

    public override double Of(ReadOnlySpan<float> output, ReadOnlySpan<float> target, Span<float> gradient)
    {
        if (output.Length == 1)
            return Binary(output[0], target[0] * (1 - Smoothing) + Smoothing / 2, out gradient[0]);
        var (largest, sum) = (float.NegativeInfinity, 0.0);
        foreach (var logit in output)
            largest = MathF.Max(largest, logit);
        foreach (var logit in output)
            sum += Math.Exp(logit - largest);
        var (all, loss) = (Math.Log(sum) + largest, 0.0);
        for (var i = 0; i < output.Length; i++)
        {
            var truth = (i == (int)target[0] ? 1 - Smoothing : 0) + Smoothing / output.Length;
            loss += truth * (all - output[i]);
            gradient[i] = (float)(Math.Exp(output[i] - all) - truth);
        }
        return loss;
    }

    private static double Binary(float logit, float truth, out float gradient)
    {
        gradient = (float)(1 / (1 + Math.Exp(-(double)logit)) - truth);
        return Math.Max(logit, 0) - logit * truth + Math.Log(1 + Math.Exp(-Math.Abs((double)logit)));
    }
}

/// <summary>Many yes-or-no answers at once, each a logit; mean over the answers.</summary>
/// <param name="Rare">What a yes counts against a no.</param>
internal sealed record AnswerEntropy(float Rare = 1) : NetworkLoss
{
    public override double Of(ReadOnlySpan<float> output, ReadOnlySpan<float> target, Span<float> gradient)
    {
        var sum = 0.0;
        for (var i = 0; i < output.Length; i++)
        {
            var (logit, weight) = (output[i], target[i] > 0.5f ? Rare : 1);
            sum += weight * (Math.Max(logit, 0) - logit * target[i] + Math.Log(1 + Math.Exp(-Math.Abs((double)logit))));
            gradient[i] = weight * ((float)(1 / (1 + Math.Exp(-(double)logit))) - target[i]) / output.Length;
        }
        return sum / output.Length;
    }
}
