using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Dure.Learn.Neural;

/// <summary>
/// One layer at work on one part of a batch: its inputs, its output, their gradients, and the room it keeps between the two directions. Memory is
/// taken for the largest part once and used again by every step.
/// </summary>
internal sealed unsafe class Site
{
    private readonly Dictionary<int, float[]> kept = [];
    private readonly Dictionary<int, (Panels Panels, long Version)> packed = [];
    private readonly Site?[] inputs;
    private readonly Workspace workspace;
    private readonly Node node;
    private float[] value = [], gradient = [];
    private bool isFresh;

    public Site(Workspace workspace, Node node, IReadOnlyList<Site> earlier)
    {
        (this.workspace, this.node) = (workspace, node);
        inputs = [.. node.Inputs.Select(at => earlier[at])];
        NeedsGradient = node.Weights.Count > 0 || inputs.Any(input => input!.NeedsGradient) || (node.Inputs.Count == 0 && workspace.HasInputGradient);
    }

    public Layer Layer => node.Layer;
    public Shape Shape => node.Shape;
    public Shape InputShape => inputs[0]!.Shape;
    public int InputCount => inputs.Length;
    public bool NeedsGradient { get; }

    /// <summary>Examples in this part.</summary>
    public int Rows => workspace.Rows;

    /// <summary>Examples times positions: the rows of what a layer sees as a matrix.</summary>
    public int Places => Rows * Shape.Positions;

    public bool IsTraining => workspace.IsTraining;

    /// <summary>Start of the random sequence of one example in this step and layer: the same however the batch is divided.</summary>
    public ulong SeedOf(int row) => workspace.SeedOf(row) + (ulong)node.Number * 0x9E3779B97F4A7C15;

    public Span<float> Value => value.AsSpan(0, Rows * Shape.Size);
    public Span<float> Gradient => gradient.AsSpan(0, Rows * Shape.Size);
    public float* ValueAt => Pointer(value);
    public float* GradientAt => Pointer(gradient);

    public Shape ShapeOf(int input) => inputs[input]!.Shape;
    public ReadOnlySpan<float> Input(int input = 0) => inputs[input]!.Value;
    public float* InputAt(int input = 0) => inputs[input]!.ValueAt;

    /// <summary>Whether anybody wants the gradient of an input.</summary>
    public bool Wants(int input = 0) => inputs[input]!.NeedsGradient;

    /// <summary>The gradient of an input, to be added to.</summary>
    public Span<float> InputGradient(int input = 0)
    {
        var source = inputs[input]!;
        if (source.isFresh)
            source.Gradient.Clear();
        source.isFresh = false;
        return source.Gradient;
    }

    /// <summary>The gradient of an input, and whether it must be added to; otherwise all of it must be written.</summary>
    public float* ClaimGradient(int input, out bool add)
    {
        var source = inputs[input]!;
        add = !source.isFresh;
        source.isFresh = false;
        return source.GradientAt;
    }

    public ReadOnlySpan<float> Weight(int weight) => workspace.Network.Parameters.AsSpan(node.Weights[weight].Offset, node.Weights[weight].Shape.Size);
    public Span<float> WeightGradient(int weight) => workspace.WeightGradient.AsSpan(node.Weights[weight].Offset, node.Weights[weight].Shape.Size);
    public float* WeightGradientAt(int weight) => Pointer(workspace.WeightGradient) + node.Weights[weight].Offset;
    public ReadOnlySpan<float> Remembered => workspace.Network.Remembered.AsSpan(node.RememberedOffset, node.RememberedSize);

    /// <summary>Room of the layer's own, kept from the forward to the backward direction.</summary>
    public float[] Keep(int slot, int size)
    {
        if (!kept.TryGetValue(slot, out var room) || room.Length < size)
            kept[slot] = room = GC.AllocateUninitializedArray<float>(size, pinned: true);
        return room;
    }

    public float* KeepAt(int slot, int size) => Pointer(Keep(slot, size));

    /// <summary>Room for a right side that is packed for one product.</summary>
    public Panels Scratch(int slot)
    {
        ref var entry = ref CollectionsMarshal.GetValueRefOrAddDefault(packed, slot, out _);
        entry.Version = -1;
        return entry.Panels ??= new Panels();
    }

    /// <summary>A weight as a right side: packed once for as long as the weights stay as they are.</summary>
    public Panels Packed(int slot, int weight, int inner, int columns, bool turned = false, int skip = 0, int row = 0)
    {
        ref var entry = ref CollectionsMarshal.GetValueRefOrAddDefault(packed, slot, out _);
        entry.Panels ??= new Panels();
        if (entry.Version == workspace.Network.Version)
            return entry.Panels;
        entry.Version = workspace.Network.Version;
        var from = Weight(weight)[skip..];
        return turned ? entry.Panels.PackTurned(from, row > 0 ? row : inner, inner, columns) : entry.Panels.Pack(from, row > 0 ? row : columns, inner, columns);
    }

    public void Resize()
    {
        var size = workspace.Rows * Shape.Size;
        if (value.Length < size)
            value = GC.AllocateArray<float>(size, pinned: true);
    }

    public void StartBackward()
    {
        if (NeedsGradient && gradient.Length < value.Length)
            gradient = GC.AllocateArray<float>(value.Length, pinned: true);
        isFresh = true;
    }

    /// <summary>Whether anything has come back to this layer.</summary>
    public bool IsReached => !isFresh;

    public void MarkReached() => isFresh = false;

    /// <summary>The room of one site is pinned, so that its address stays.</summary>
    private static float* Pointer(float[] pinned) => (float*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(pinned));
}
