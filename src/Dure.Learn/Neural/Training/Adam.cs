using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Dure.Learn.Neural;

/// <summary>Adam (Kingma, Ba 2015, algorithm 1) with decoupled weight decay (Loshchilov, Hutter 2019, algorithm 2).</summary>
internal sealed class Adam(Network network)
{
    private const float Beta1 = 0.9f, Beta2 = 0.999f, Epsilon = 1e-8f;

    /// <summary>Running mean of the gradient.</summary>
    public float[] Mean { get; } = new float[network.Parameters.Length];

    /// <summary>Running mean of its square.</summary>
    public float[] Square { get; } = new float[network.Parameters.Length];

    /// <summary>Steps done.</summary>
    public long Steps { get; set; }

    /// <summary>Moves the weights against the gradient.</summary>
    /// <param name="scale">Of the gradient, where it is clipped.</param>
    public void Step(ReadOnlySpan<float> gradient, float scale, double rate, double decay)
    {
        Steps++;
        foreach (var (offset, size) in decay > 0 ? network.Decayed : [])
        {
            var shrunk = (float)(1 - rate * decay);
            foreach (ref var weight in network.Parameters.AsSpan(offset, size))
                weight *= shrunk;
        }
        var step = (float)(rate / (1 - Math.Pow(Beta1, Steps)));
        var correction = (float)(1 / Math.Sqrt(1 - Math.Pow(Beta2, Steps)));
        ref var weights = ref MemoryMarshal.GetArrayDataReference(network.Parameters);
        ref var slope = ref MemoryMarshal.GetReference(gradient);
        ref var mean = ref MemoryMarshal.GetArrayDataReference(Mean);
        ref var square = ref MemoryMarshal.GetArrayDataReference(Square);
        var i = 0;
        for (; i <= gradient.Length - 8; i += 8)
        {
            var at = (nuint)i;
            var g = Vector256.LoadUnsafe(ref slope, at) * scale;
            var m = Vector256.FusedMultiplyAdd(Vector256.Create(1 - Beta1), g - Vector256.LoadUnsafe(ref mean, at), Vector256.LoadUnsafe(ref mean, at));
            var v = Vector256.FusedMultiplyAdd(Vector256.Create(1 - Beta2), g * g - Vector256.LoadUnsafe(ref square, at), Vector256.LoadUnsafe(ref square, at));
            m.StoreUnsafe(ref mean, at);
            v.StoreUnsafe(ref square, at);
            (Vector256.LoadUnsafe(ref weights, at) - m * step / (Vector256.Sqrt(v) * correction + Vector256.Create(Epsilon))).StoreUnsafe(ref weights, at);
        }
        for (; i < gradient.Length; i++)
        {
            var g = gradient[i] * scale;
            Mean[i] = MathF.FusedMultiplyAdd(1 - Beta1, g - Mean[i], Mean[i]);
            Square[i] = MathF.FusedMultiplyAdd(1 - Beta2, g * g - Square[i], Square[i]);
            network.Parameters[i] -= Mean[i] * step / (MathF.Sqrt(Square[i]) * correction + Epsilon);
        }
        network.Touch();
    }
}
