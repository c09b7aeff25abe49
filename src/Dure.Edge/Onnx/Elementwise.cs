using System.Numerics;

namespace Dure.Edge.Onnx;

internal interface IUnary
{
    static abstract T Of<T>(T a) where T : INumber<T>;
}

internal interface IFloatUnary
{
    static abstract T Of<T>(T a) where T : IFloatingPointIeee754<T>;
}

internal interface IBinary
{
    static abstract T Of<T>(T a, T b) where T : INumber<T>;
}

internal interface IComparison
{
    static abstract bool Of<T>(T a, T b) where T : INumber<T>;
}

/// <summary>Operators that work element by element, with numpy's broadcasting for those of two inputs.</summary>
internal static class Elementwise
{
    public static Step Unary<TOp>(NodeSetup node) where TOp : IUnary => (from, to) =>
    {
        var a = from[0]!; // the catalogue has counted the inputs
        node.Charge(a.Count);
        to.Resize(a.Type, a.Dims);
        switch (a.Type)
        {
            case OnnxType.Double: Each<double>(a, to); break;
            case OnnxType.Float: Each<float>(a, to); break;
            case OnnxType.Int64: Each<long>(a, to); break;
            default: throw node.Unsupported($"It does not take {a.Type}.");
        }

        static void Each<T>(Slot a, Slot to) where T : unmanaged, INumber<T>
        {
            var source = a.As<T>();
            var target = to.As<T>();
            for (var i = 0; i < source.Length; i++)
                target[i] = TOp.Of(source[i]);
        }
    };

    public static Step FloatUnary<TOp>(NodeSetup node) where TOp : IFloatUnary => (from, to) =>
    {
        var a = from[0]!;
        node.Charge(a.Count);
        to.Resize(a.Type, a.Dims);
        switch (a.Type)
        {
            case OnnxType.Double: Each<double>(a, to); break;
            case OnnxType.Float: Each<float>(a, to); break;
            default: throw node.Unsupported($"It does not take {a.Type}.");
        }

        static void Each<T>(Slot a, Slot to) where T : unmanaged, IFloatingPointIeee754<T>
        {
            var source = a.As<T>();
            var target = to.As<T>();
            for (var i = 0; i < source.Length; i++)
                target[i] = TOp.Of(source[i]);
        }
    };

    public static Step Binary<TOp>(NodeSetup node) where TOp : IBinary => (from, to) => Combine<TOp>(node, from[0]!, from[1]!, to);

    /// <summary>Max and Min take any number of inputs: pair by pair, through a second place.</summary>
    public static Step Fold<TOp>(NodeSetup node) where TOp : IBinary
    {
        var (even, odd) = (new Slot("fold", node.Budget), new Slot("fold", node.Budget));
        return (from, to) =>
        {
            var sofar = from[0]!;
            for (var i = 1; i < from.Length; i++)
            {
                var next = i == from.Length - 1 ? to : i % 2 == 0 ? even : odd;
                Combine<TOp>(node, sofar, from[i]!, next);
                sofar = next;
            }
            if (from.Length == 1)
                Copy(sofar, to);
        };
    }

    public static Step Compare<TOp>(NodeSetup node) where TOp : IComparison => (from, to) =>
    {
        var (a, b) = Same(node, from[0]!, from[1]!);
        Broadcast.Resize(node, to, OnnxType.Bool, a, b);
        switch (a.Type)
        {
            case OnnxType.Double: Broadcast.Each<double, double, bool>(a, b, to, static (x, y) => TOp.Of(x, y)); break;
            case OnnxType.Float: Broadcast.Each<float, float, bool>(a, b, to, static (x, y) => TOp.Of(x, y)); break;
            case OnnxType.Int64: Broadcast.Each<long, long, bool>(a, b, to, static (x, y) => TOp.Of(x, y)); break;
            default: throw node.Unsupported($"It does not take {a.Type}.");
        }
    };

    /// <summary>Base and exponent may be of different types; the result has the base's.</summary>
    public static Step Pow(NodeSetup node)
    {
        var exponent = new Slot("exponent", node.Budget);
        return (from, to) =>
        {
            var (a, b) = (from[0]!, from[1]!);
            if (b.Type != a.Type)
            {
                Conversion.Convert(node, b, exponent, a.Type);
                b = exponent;
            }
            Broadcast.Resize(node, to, a.Type, a, b);
            switch (a.Type)
            {
                case OnnxType.Double: Broadcast.Each<double, double, double>(a, b, to, static (x, y) => y == 2 ? x * x : Math.Pow(x, y)); break;
                case OnnxType.Float: Broadcast.Each<float, float, float>(a, b, to, static (x, y) => y == 2 ? x * x : MathF.Pow(x, y)); break;
                case OnnxType.Int64: Broadcast.Each<long, long, long>(a, b, to, static (x, y) => (long)Math.Pow(x, y)); break;
                default: throw node.Unsupported($"It does not take {a.Type}.");
            }
        };
    }

    public static Step IsNaN(NodeSetup node) => (from, to) =>
    {
        var a = from[0]!;
        node.Charge(a.Count);
        var target = to.Resize(OnnxType.Bool, a.Dims).As<bool>();
        for (var i = 0; i < target.Length; i++)
            target[i] = a.Type == OnnxType.Double ? double.IsNaN(a.As<double>()[i]) : float.IsNaN(a.As<float>()[i]);
    };

    public static Step Not(NodeSetup node) => (from, to) =>
    {
        var source = from[0]!.As<bool>();
        node.Charge(source.Length);
        var target = to.Resize(OnnxType.Bool, from[0]!.Dims).As<bool>();
        for (var i = 0; i < target.Length; i++)
            target[i] = !source[i];
    };

    public static Step Identity(NodeSetup node) => (from, to) =>
    {
        node.Charge(from[0]!.Count);
        Copy(from[0]!, to);
    };

    /// <summary>Bounds are scalars and may be left out.</summary>
    public static Step Clip(NodeSetup node) => (from, to) =>
    {
        var a = from[0]!;
        var (low, high) = (from.Length > 1 ? from[1] : null, from.Length > 2 ? from[2] : null);
        if (low is { Count: not 1 } || high is { Count: not 1 })
            throw node.Bad("A bound is not a single number.");
        node.Charge(a.Count);
        to.Resize(a.Type, a.Dims);
        switch (a.Type)
        {
            case OnnxType.Double: Each<double>(a, low, high, to); break;
            case OnnxType.Float: Each<float>(a, low, high, to); break;
            case OnnxType.Int64: Each<long>(a, low, high, to); break;
            default: throw node.Unsupported($"It does not take {a.Type}.");
        }

        static void Each<T>(Slot a, Slot? low, Slot? high, Slot to) where T : unmanaged, INumber<T>
        {
            var source = a.As<T>();
            var target = to.As<T>();
            source.CopyTo(target);
            if (low is not null && low.As<T>()[0] is var least)
                foreach (ref var value in target)
                    value = T.Max(value, least);
            if (high is not null && high.As<T>()[0] is var most)
                foreach (ref var value in target)
                    value = T.Min(value, most);
        }
    };

    public static void Copy(Slot from, Slot to)
    {
        to.Resize(from.Type, from.Dims);
        from.Bytes.CopyTo(to.Bytes);
    }

    private static void Combine<TOp>(NodeSetup node, Slot left, Slot right, Slot to) where TOp : IBinary
    {
        var (a, b) = Same(node, left, right);
        Broadcast.Resize(node, to, a.Type, a, b);
        switch (a.Type)
        {
            case OnnxType.Double: Broadcast.Each<TOp, double>(a, b, to); break;
            case OnnxType.Float: Broadcast.Each<TOp, float>(a, b, to); break;
            case OnnxType.Int64:
                RefuseBadDivision<TOp>(node, b);
                Broadcast.Each<TOp, long>(a, b, to);
                break;
            default: throw node.Unsupported($"It does not take {a.Type}.");
        }
    }

    private static (Slot A, Slot B) Same(NodeSetup node, Slot a, Slot b) => a.Type == b.Type ? (a, b)
        : throw node.Bad($"Inputs '{a.Name}' and '{b.Name}' are of different types, {a.Type} and {b.Type}.");

    private static void RefuseBadDivision<TOp>(NodeSetup node, Slot divisor)
    {
        if (typeof(TOp) == typeof(Divide) && divisor.As<long>().Contains(0))
            throw node.Bad("It divides a whole number by zero.");
    }
}

internal readonly struct Plus : IBinary { public static T Of<T>(T a, T b) where T : INumber<T> => a + b; }

internal readonly struct Minus : IBinary { public static T Of<T>(T a, T b) where T : INumber<T> => a - b; }

internal readonly struct Times : IBinary { public static T Of<T>(T a, T b) where T : INumber<T> => a * b; }

internal readonly struct Divide : IBinary
{
    /// <summary>By -1 it is negation, which the smallest whole number survives where a division would not.</summary>
    public static T Of<T>(T a, T b) where T : INumber<T> => b == -T.One ? unchecked(-a) : a / b;
}

internal readonly struct Larger : IBinary { public static T Of<T>(T a, T b) where T : INumber<T> => T.Max(a, b); }

internal readonly struct Smaller : IBinary { public static T Of<T>(T a, T b) where T : INumber<T> => T.Min(a, b); }

internal readonly struct IsGreater : IComparison { public static bool Of<T>(T a, T b) where T : INumber<T> => a > b; }

internal readonly struct IsLess : IComparison { public static bool Of<T>(T a, T b) where T : INumber<T> => a < b; }

internal readonly struct IsAtLeast : IComparison { public static bool Of<T>(T a, T b) where T : INumber<T> => a >= b; }

internal readonly struct IsAtMost : IComparison { public static bool Of<T>(T a, T b) where T : INumber<T> => a <= b; }

internal readonly struct IsEqual : IComparison { public static bool Of<T>(T a, T b) where T : INumber<T> => a == b; }

internal readonly struct Negated : IUnary { public static T Of<T>(T a) where T : INumber<T> => unchecked(-a); }

internal readonly struct Magnitude : IUnary { public static T Of<T>(T a) where T : INumber<T> => T.IsNegative(a) ? unchecked(-a) : a; }

internal readonly struct Positive : IUnary { public static T Of<T>(T a) where T : INumber<T> => T.Max(a, T.Zero); }

internal readonly struct Root : IFloatUnary { public static T Of<T>(T a) where T : IFloatingPointIeee754<T> => T.Sqrt(a); }

internal readonly struct Exponential : IFloatUnary { public static T Of<T>(T a) where T : IFloatingPointIeee754<T> => T.Exp(a); }

internal readonly struct NaturalLog : IFloatUnary { public static T Of<T>(T a) where T : IFloatingPointIeee754<T> => T.Log(a); }

internal readonly struct HyperbolicTangent : IFloatUnary { public static T Of<T>(T a) where T : IFloatingPointIeee754<T> => T.Tanh(a); }

internal readonly struct Logistic : IFloatUnary { public static T Of<T>(T a) where T : IFloatingPointIeee754<T> => T.One / (T.One + T.Exp(-a)); }
