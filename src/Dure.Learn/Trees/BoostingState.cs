using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Dure.Learn.Tables;

namespace Dure.Learn.Trees;

/// <summary>Tells whether what was kept of a training is of this one.</summary>
internal static class BoostingState
{
    /// <summary>Hash of rows, labels and options; not of the number of threads, on which nothing hangs.</summary>
    public static byte[] HashOf(FeatureTable features, LearningTarget target, (FeatureTable Features, LearningTarget Target)? validation, BoostingOptions options)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes((options with { Threads = 0 }).ToString()));
        Append(hash, features, target);
        if (validation is { } held)
            Append(hash, held.Features, held.Target);
        return hash.GetHashAndReset();
    }

    private static void Append(IncrementalHash hash, FeatureTable features, LearningTarget target)
    {
        foreach (var column in features.Columns)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{column.Name}\n{column.IsCategorical} {column.Monotone} {column.Values.Length}\n"));
            hash.AppendData(MemoryMarshal.AsBytes<float>(column.Values));
        }
        hash.AppendData(MemoryMarshal.AsBytes<float>(target.Labels));
        hash.AppendData(MemoryMarshal.AsBytes<float>(target.Weights ?? []));
        hash.AppendData(MemoryMarshal.AsBytes<int>(target.Groups ?? []));
    }
}
