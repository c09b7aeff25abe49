using Dure.Optimize.Campaigns;

namespace Dure.Lab.Rehearsals;

/// <summary>What a campaign is played on before it touches an instrument: something that answers as the laboratory is believed to.</summary>
public abstract class StandIn
{
    /// <summary>What it is, in words.</summary>
    public abstract string Origin { get; }

    /// <summary>The SHA-256 of the data that it was learnt from, in hexadecimal; empty where there are none.</summary>
    public virtual string DataHash => "";

    /// <summary>For each outcome the deviation of what is measured, in its unit.</summary>
    public abstract IReadOnlyList<double> Noise { get; }

    /// <summary>Each outcome at a point, without noise. May be asked by many threads at once.</summary>
    public abstract double[] Means(double[] point);

    /// <summary>The chance that the conditions themselves cannot work.</summary>
    public virtual double ChanceToFail(double[] point) => 0;

    /// <summary>Points that are known to be good: the search for its best begins at them.</summary>
    public virtual IReadOnlyList<double[]> Known => [];

    /// <summary>A trial as it might come out.</summary>
    internal CampaignTrial Measure(double[] point, Random random)
    {
        if (random.NextDouble() < ChanceToFail(point))
            return CampaignTrial.Failed(point);
        var values = Means(point);
        for (var k = 0; k < values.Length; k++)
            values[k] += Noise[k] * Kernel.Distributions.Normal.Quantile(Math.Clamp(random.NextDouble(), 1e-9, 1 - 1e-9));
        return CampaignTrial.Measured(point, values);
    }
}
