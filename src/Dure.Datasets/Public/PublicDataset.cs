using Dure.Kernel;

namespace Dure.Datasets.Public;

/// <summary>
/// A data set that others publish and that Dure fetches from its own home instead of carrying it: what it is, under which
/// licence, and the SHA-256 of each file as it was when it was checked.
/// </summary>
/// <param name="Name">Short name, also the folder's name in the cache.</param>
/// <param name="Home">Where each file lies; the file's path is appended.</param>
public sealed record PublicDataset(
    string Name, string Title, string Licence, string Citation, string Homepage, Uri Home, IReadOnlyList<PublicFile> Files);

/// <summary>One file of a public data set: its path below the home, and its hash.</summary>
public sealed record PublicFile(string Path, ContentHash Hash);
