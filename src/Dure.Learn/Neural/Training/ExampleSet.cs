namespace Dure.Learn.Neural;

/// <summary>Examples to learn from, made one at a time: windows of a long recording need no memory of their own.</summary>
internal abstract class ExampleSet
{
    public abstract int Count { get; }

    /// <summary>Called before each pass over the examples: what is drawn anew in each draws from its number.</summary>
    /// <param name="pass">0 for the first.</param>
    public virtual void Begin(int pass)
    {
    }

    /// <summary>Writes one example's input and target; returns how much it weighs.</summary>
    public abstract float Copy(int example, Span<float> input, Span<float> target);
}

/// <summary>Examples that lie in memory, one after the other.</summary>
internal sealed class ExampleArrays(float[] inputs, float[] targets, int count, float[]? weights = null) : ExampleSet
{
    private readonly int inputSize = inputs.Length / count;
    private readonly int targetSize = targets.Length / count;

    public override int Count => count;

    public override float Copy(int example, Span<float> input, Span<float> target)
    {
        inputs.AsSpan(example * inputSize, inputSize).CopyTo(input);
        targets.AsSpan(example * targetSize, targetSize).CopyTo(target);
        return weights?[example] ?? 1;
    }
}
