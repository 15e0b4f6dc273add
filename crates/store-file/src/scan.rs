//! Finds the rule files below a folder.
//!
//! Links are followed while they stay inside the tree, as Kubernetes mounts a `ConfigMap`
//! (`x.rule.yaml` → `..data/x.rule.yaml`), and every real file is taken once, under its own name before any link's.

use crate::{Folders, bytes, folder::Folder, known::Key, problem::whole};
use rulefile::{Format, Source, default_id, rule_file};
use rules::{InstalledPack, Origin, SINGLES};
use std::{
    collections::{BTreeMap, HashSet, VecDeque},
    fs::{self, DirEntry, Metadata},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};
use store::{Digest, Problem};

/// How deep folders are followed.
pub(crate) const DEPTH_MAX: usize = 32;
/// How many rule files are taken from a tree.
pub(crate) const FILES_MAX: usize = 1_000_000;

/// A rule file and what its place says of it.
#[derive(Clone, Debug)]
pub(crate) struct RuleFile {
    /// Where it is read.
    pub(crate) path: PathBuf,
    /// The file behind all links; kept where there are any.
    real: PathBuf,
    is_linked: bool,
    /// The path as problems and origins show it.
    pub(crate) shown: Arc<str>,
    format: Format,
    /// The id of a single rule that has none.
    default_id: Box<str>,
    /// The folder below which it was found.
    pub(crate) folder: Arc<Folder>,
    /// Position of that folder.
    n: usize,
}

impl RuleFile {
    /// A YAML file of that name, without its ending, below a folder.
    pub(crate) fn new(folder: &Arc<Folder>, stem: &str) -> Self {
        let name = format!("{stem}.rule.yaml");
        Self {
            shown: Path::new(&folder.shown).join(&name).to_string_lossy().into(),
            path: folder.path.join(name),
            real: PathBuf::new(),
            is_linked: false,
            format: Format::Yaml,
            default_id: default_id(stem).into(),
            folder: Arc::clone(folder),
            n: 0,
        }
    }

    /// The file at a path below a folder; `None` where no rules are looked for.
    pub(crate) fn at(folder: &Arc<Folder>, path: &str) -> Option<Self> {
        let (parents, name) = path.rsplit_once('/').unwrap_or(("", path));
        let is_hidden = parents.split('/').any(|part| part.starts_with('.'));
        let is_deep = path.split('/').count() > DEPTH_MAX + 1;
        let (format, stem) = rule_file(name).filter(|_| !is_hidden && !is_deep)?;
        let below = Path::new(parents).join(stem);
        Some(Self {
            shown: Path::new(&folder.shown).join(path).to_string_lossy().into(),
            path: folder.path.join(path),
            format,
            default_id: default_id(&below.to_string_lossy()).into(),
            ..Self::new(folder, stem)
        })
    }

    /// Where it is written.
    pub(crate) fn target(&self) -> &Path {
        if self.is_linked { &self.real } else { &self.path }
    }

    /// Whether another file of the same name is found, and written, at the same place.
    pub(crate) fn is_same_place(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.folder, &other.folder) && self.path == other.path && self.target() == other.target()
    }

    pub(crate) fn key(&self) -> Key {
        Key {
            layer: self.folder.origin.layer,
            shown: Arc::clone(&self.shown),
        }
    }

    /// How its bytes are to be read.
    pub(crate) fn source(&self) -> Source<'_> {
        Source {
            format: self.format,
            space: self.folder.id_space(),
            default_id: Some(&self.default_id),
        }
    }

    /// The origin of its rules.
    pub(crate) fn origin(&self) -> Origin {
        Origin {
            file: Some(Arc::clone(&self.shown)),
            ..self.folder.origin.clone()
        }
    }
}

/// The files of all folders, in the order in which their rules are loaded.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    pub(crate) files: Vec<RuleFile>,
    pub(crate) problems: Vec<Problem>,
    /// Whether there were more files than are taken.
    is_full: bool,
}

/// The rule files below one folder, found as the store finds those of its tree.
///
/// Links are followed while they stay inside the folder, and every real file stands there once. What was not
/// followed or read is a problem. Files stand in the order of their paths; these, and those of problems, begin as the folder was named.
///
/// ```no_run
/// let (files, problems) = store_file::rule_files("rules".as_ref());
/// ```
pub fn rule_files(folder: &Path) -> (Vec<PathBuf>, Vec<Problem>) {
    let source = Arc::new(Folder::alone(folder));
    let scan = scan_below(&Tree::below([folder]), &[source]);
    (
        scan.files.into_iter().map(|file| file.path).collect(),
        scan.problems,
    )
}

/// Finds the rule files of all folders.
pub(crate) fn scan(folders: &Folders, sources: &[Arc<Folder>]) -> Scan {
    scan_below(&Tree::of(folders), sources)
}

/// The files of single rules, whatever is in them: by their paths below their folder, each with the digest of its bytes.
pub(crate) fn singles(folders: &Folders, digest: Digest) -> BTreeMap<String, String> {
    let folder = Folder::community(SINGLES, &InstalledPack::default(), folders);
    let scan = scan(folders, &[Arc::new(folder.clone())]);
    let digested = scan.files.into_iter().filter_map(|file| {
        let path = file.path.strip_prefix(&folder.path).ok()?.to_str()?.to_owned();
        let digest = bytes::read(&file.path).map_or_else(|_| String::new(), |bytes| digest(&bytes));
        Some((path, digest))
    });
    digested.collect()
}

fn scan_below(tree: &Tree, sources: &[Arc<Folder>]) -> Scan {
    let mut scan = Scan::default();
    for (n, source) in sources.iter().enumerate() {
        let mut walk = Walk {
            tree,
            source,
            n,
            entered: HashSet::new(),
            links: VecDeque::new(),
            is_linked: false,
            scan: &mut scan,
        };
        if let Ok(real) = fs::canonicalize(&source.path) {
            walk.folder(&source.path, &real, 0);
        }
        walk.linked_folders();
    }
    scan.files
        .sort_by(|a, b| (a.n, a.is_linked, &a.shown).cmp(&(b.n, b.is_linked, &b.shown)));
    let mut taken = HashSet::new();
    scan.files.retain(|file| taken.insert(file.real.clone()));
    scan.files.sort_by(|a, b| (a.n, &a.shown).cmp(&(b.n, &b.shown)));
    let own_names = scan.files.iter_mut().filter(|file| !file.is_linked);
    own_names.for_each(|file| file.real = PathBuf::new());
    scan
}

/// Whether a path leads out of the tree through links.
pub(crate) fn leaves_tree(path: &Path, folders: &Folders) -> bool {
    fs::canonicalize(path).is_ok_and(|real| !Tree::of(folders).holds(&real))
}

/// The problem of a link that leads out of the tree.
pub(crate) fn left_tree(file: &str) -> Problem {
    let hint = "copy what it points to into the tree";
    whole(
        file,
        "is a link that leaves the rules folder, and was not followed",
        Some(hint),
    )
}

/// The real folders that a link may lead to.
pub(crate) struct Tree {
    roots: Vec<PathBuf>,
}

impl Tree {
    pub(crate) fn of(folders: &Folders) -> Self {
        Self::below([
            &*folders.root,
            &*folders.local,
            &*folders.overrides,
            &*folders.community,
        ])
    }

    fn below<'a>(folders: impl IntoIterator<Item = &'a Path>) -> Self {
        let real = |folder| fs::canonicalize(folder).ok();
        Self {
            roots: folders.into_iter().filter_map(real).collect(),
        }
    }

    pub(crate) fn holds(&self, real: &Path) -> bool {
        self.roots.iter().any(|root| real.starts_with(root))
    }
}

struct Walk<'a> {
    tree: &'a Tree,
    source: &'a Arc<Folder>,
    n: usize,
    /// Real folders that were entered: a link to one of them ends there.
    entered: HashSet<PathBuf>,
    /// Links to folders, with what they lead to: entered last, so that real names come first.
    links: VecDeque<(PathBuf, PathBuf, usize)>,
    /// Whether the walk is behind such a link.
    is_linked: bool,
    scan: &'a mut Scan,
}

impl Walk<'_> {
    fn folder(&mut self, path: &Path, real: &Path, depth: usize) {
        if !self.entered.insert(real.to_path_buf()) {
            return;
        }
        if depth > DEPTH_MAX {
            return self.report(
                path,
                format!("is deeper than {DEPTH_MAX} folders, and was not read"),
            );
        }
        let entries = fs::read_dir(path).and_then(|entries| entries.collect::<io::Result<Vec<DirEntry>>>());
        let mut entries = match entries {
            Ok(entries) => entries,
            Err(error) => return self.report(path, format!("is a folder that cannot be read: {error}")),
        };
        entries.sort_unstable_by_key(DirEntry::file_name);
        for entry in entries {
            let name = entry.file_name();
            match name.to_str() {
                Some(name) if !name.starts_with('.') => self.entry(&entry, name, real, depth),
                None if rule_file(&name.to_string_lossy()).is_some() => {
                    self.report(&entry.path(), "has a name that is not UTF-8".to_owned());
                }
                Some(_) | None => {}
            }
        }
    }

    fn linked_folders(&mut self) {
        self.is_linked = true;
        while let Some((path, real, depth)) = self.links.pop_front() {
            self.folder(&path, &real, depth);
        }
    }

    fn entry(&mut self, entry: &DirEntry, name: &str, real_parent: &Path, depth: usize) {
        let path = entry.path();
        let is_link = match entry.file_type() {
            Ok(kind) if kind.is_dir() => return self.folder(&path, &real_parent.join(name), depth + 1),
            Ok(kind) if kind.is_file() => {
                return self.file(path, real_parent.join(name), name, false);
            }
            Ok(kind) => kind.is_symlink(),
            Err(error) => return self.report(&path, format!("cannot be read: {error}")),
        };
        if is_link {
            self.link(path, name, depth);
        } else if rule_file(name).is_some() {
            self.report(&path, "is not a regular file".to_owned());
        }
    }

    fn link(&mut self, path: PathBuf, name: &str, depth: usize) {
        let target = fs::canonicalize(&path).and_then(|real| Ok((fs::metadata(&real)?, real)));
        let is_wanted = |metadata: &Metadata| metadata.is_dir() || rule_file(name).is_some();
        match target {
            Ok((metadata, real)) if is_wanted(&metadata) => {
                if !self.tree.holds(&real) {
                    let problem = left_tree(&self.shown(&path));
                    self.scan.problems.push(problem);
                } else if metadata.is_dir() {
                    self.links.push_back((path, real, depth + 1));
                } else if metadata.is_file() {
                    self.file(path, real, name, true);
                } else {
                    self.report(&path, "is not a regular file".to_owned());
                }
            }
            Ok(_) => {}
            Err(error) if rule_file(name).is_some() => {
                self.report(&path, format!("is a link that cannot be followed: {error}"));
            }
            Err(_) => {}
        }
    }

    fn file(&mut self, path: PathBuf, real: PathBuf, name: &str, is_linked: bool) {
        let Some((format, stem)) = rule_file(name) else {
            return;
        };
        if self.scan.files.len() >= FILES_MAX {
            if !std::mem::replace(&mut self.scan.is_full, true) {
                let reason =
                    format!("is beyond the {FILES_MAX} files of a tree: it and others were not read");
                self.report(&path, reason);
            }
            return;
        }
        let below = path
            .strip_prefix(&self.source.path)
            .unwrap_or(&path)
            .with_file_name(stem);
        let file = RuleFile {
            shown: self.shown(&path).into(),
            default_id: default_id(&below.to_string_lossy()).into(),
            folder: Arc::clone(self.source),
            n: self.n,
            path,
            real,
            is_linked: is_linked || self.is_linked,
            format,
        };
        self.scan.files.push(file);
    }

    fn shown(&self, path: &Path) -> String {
        let below = path.strip_prefix(&self.source.path).unwrap_or(path);
        Path::new(&self.source.shown)
            .join(below)
            .to_string_lossy()
            .into_owned()
    }

    fn report(&mut self, path: &Path, reason: String) {
        let problem = whole(&self.shown(path), reason, None);
        self.scan.problems.push(problem);
    }
}
