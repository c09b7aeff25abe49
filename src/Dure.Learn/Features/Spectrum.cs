namespace Dure.Learn.Features;

/// <summary>The discrete Fourier transform of a power of two of complex numbers, in place (Cooley and Tukey 1965).</summary>
internal sealed class FourierTransform
{
    private readonly int length;
    private readonly double[] cosines, sines;

    public FourierTransform(int length)
    {
        this.length = length;
        cosines = [.. Enumerable.Range(0, length / 2).Select(i => Math.Cos(2 * Math.PI * i / length))];
        sines = [.. Enumerable.Range(0, length / 2).Select(i => -Math.Sin(2 * Math.PI * i / length))];
    }

    public void Forward(Span<double> real, Span<double> imaginary)
    {
        Reorder(real, imaginary);
        for (var half = 1; half < length; half *= 2)
            for (int start = 0, step = length / (2 * half); start < length; start += 2 * half)
                for (var i = 0; i < half; i++)
                {
                    int low = start + i, high = low + half;
                    double cos = cosines[i * step], sin = sines[i * step];
                    double re = real[high] * cos - imaginary[high] * sin, im = real[high] * sin + imaginary[high] * cos;
                    (real[high], imaginary[high]) = (real[low] - re, imaginary[low] - im);
                    (real[low], imaginary[low]) = (real[low] + re, imaginary[low] + im);
                }
    }

    /// <summary>The inverse times the length.</summary>
    public void Backward(Span<double> real, Span<double> imaginary) => Forward(imaginary, real);

    private void Reorder(Span<double> real, Span<double> imaginary)
    {
        for (int i = 1, j = 0; i < length; i++)
        {
            var bit = length >> 1;
            for (; (j & bit) != 0; bit >>= 1)
                j ^= bit;
            j ^= bit;
            if (i < j)
                (real[i], real[j], imaginary[i], imaginary[j]) = (real[j], real[i], imaginary[j], imaginary[i]);
        }
    }
}

/// <summary>
/// The power spectrum of the last rows, less their mean, through a Hann window, once in so many rows. Scaled so that the powers of all
/// frequencies add up to the mean square of the signal: a sine of amplitude A has A²/2 at its frequency. The rate is taken from the rows'
/// times; where a value is missing or the rows are not evenly spaced there is no spectrum.
/// </summary>
internal class SpectrumState(FeatureState input, int rows, int every) : FeatureState
{
    private const double LongestStep = 1.5; // of the mean step

    private readonly double[] values = new double[rows];
    private readonly long[] times = new long[rows];
    private readonly double[] hann = [.. Enumerable.Range(0, rows).Select(i => 0.5 - 0.5 * Math.Cos(2 * Math.PI * i / rows))];

    protected FourierTransform Fourier { get; } = new(rows);
    protected double[] Real { get; } = new double[rows];
    protected double[] Imaginary { get; } = new double[rows];

    /// <summary>Whether there is a spectrum.</summary>
    public bool IsThere { get; private set; }

    /// <summary>The power at <c>i * HertzPerBin</c>.</summary>
    public double[] Power { get; } = new double[rows / 2 + 1];

    public double HertzPerBin { get; private set; }

    /// <summary>The spectra made so far; a reader looks only at new ones.</summary>
    public long Made { get; private set; }

    public override void Advance(in FeatureRow row)
    {
        var at = (int)(row.Number % rows);
        (values[at], times[at]) = (input.Value, row.Micros);
        if (row.Number + 1 < rows || (row.Number + 1 - rows) % every != 0)
            return;
        Made++;
        IsThere = IsEven((at + 1) % rows);
        if (!IsThere)
            return;
        for (var i = 0; i < rows; i++)
            (Real[i], Imaginary[i]) = (values[(at + 1 + i) % rows], 0);
        IsThere = !Array.Exists(Real, double.IsNaN);
        if (!IsThere)
            return;
        Prepare();
        Transform();
    }

    /// <summary>What becomes of the rows before their spectrum is taken.</summary>
    protected virtual void Prepare()
    {
    }

    private bool IsEven(int oldest)
    {
        var span = times[(oldest + rows - 1) % rows] - times[oldest];
        var mean = span / (rows - 1.0);
        HertzPerBin = 1e6 / mean / rows;
        for (var i = 1; i < rows; i++)
            if (times[(oldest + i) % rows] - times[(oldest + i - 1) % rows] > LongestStep * mean)
                return false;
        return span > 0;
    }

    private void Transform()
    {
        double mean = 0, squares = 0;
        for (var i = 0; i < rows; i++)
            mean += Real[i] / rows;
        for (var i = 0; i < rows; i++)
        {
            (Real[i], Imaginary[i]) = ((Real[i] - mean) * hann[i], 0);
            squares += hann[i] * hann[i];
        }
        Fourier.Forward(Real, Imaginary);
        for (var i = 0; i < Power.Length; i++)
            Power[i] = (i == 0 || i == rows / 2 ? 1 : 2) * (Real[i] * Real[i] + Imaginary[i] * Imaginary[i]) / (rows * squares);
    }
}

/// <summary>
/// The spectrum of the envelope: the band of a resonance is cut out, and how its amplitude swings is looked at. That shows how often something
/// strikes, as a damaged bearing does. The envelope is the magnitude of the analytic signal (Gabor 1946), made by leaving out the negative frequencies.
/// </summary>
internal sealed class EnvelopeState(FeatureState input, int rows, int every, double low, double high) : SpectrumState(input, rows, every)
{
    protected override void Prepare()
    {
        var length = Real.Length;
        Fourier.Forward(Real, Imaginary);
        for (var i = 0; i < length; i++)
            if (i == 0 || i >= length / 2 || i * HertzPerBin < low || i * HertzPerBin >= high)
                (Real[i], Imaginary[i]) = (0, 0);
        Fourier.Backward(Real, Imaginary);
        for (var i = 0; i < length; i++)
            Real[i] = 2 * Math.Sqrt(Real[i] * Real[i] + Imaginary[i] * Imaginary[i]) / length;
    }
}

/// <summary>One figure of a spectrum; it stays until the next one is made.</summary>
internal sealed class SpectrumFigure(SpectrumState spectrum, Func<double[], double, double> read) : FeatureState
{
    private long seen;

    public override void Advance(in FeatureRow row)
    {
        if (seen == spectrum.Made)
            return;
        seen = spectrum.Made;
        Value = spectrum.IsThere ? read(spectrum.Power, spectrum.HertzPerBin) : double.NaN;
    }

    /// <summary>Mean square of what swings at <paramref name="low"/> Hz or faster, and slower than <paramref name="high"/>.</summary>
    public static double BandPower(double[] power, double hertzPerBin, double low, double high)
    {
        var sum = 0.0;
        for (var i = (int)Math.Min(power.Length, Math.Ceiling(low / hertzPerBin)); i < power.Length && i * hertzPerBin < high; i++)
            sum += power[i];
        return sum;
    }

    /// <summary>The frequency of the strongest swing, between two bins by a parabola through the logarithms of three powers.</summary>
    public static double Dominant(double[] power, double hertzPerBin)
    {
        var top = 1;
        for (var i = 2; i < power.Length; i++)
            if (power[i] > power[top])
                top = i;
        if (!(power[top] > 0))
            return double.NaN;
        if (top == power.Length - 1 || power[top - 1] <= 0 || power[top + 1] <= 0)
            return top * hertzPerBin;
        double before = Math.Log(power[top - 1]), at = Math.Log(power[top]), after = Math.Log(power[top + 1]);
        var bend = before - 2 * at + after;
        return (top + (bend < 0 ? Math.Clamp(0.5 * (before - after) / bend, -0.5, 0.5) : 0)) * hertzPerBin;
    }

    /// <summary>The mean frequency, each weighed by its power.</summary>
    public static double Centroid(double[] power, double hertzPerBin)
    {
        double sum = 0, weighted = 0;
        for (var i = 1; i < power.Length; i++)
            (sum, weighted) = (sum + power[i], weighted + i * hertzPerBin * power[i]);
        return sum > 0 ? weighted / sum : double.NaN;
    }
}
