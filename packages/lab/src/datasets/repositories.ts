/**
 * Names of one repository over time: renames, moves and the forks that datasets use, all in lower case. The first one
 * represents the others. Splits, and the refusal to train on evaluation repositories, depend on this list.
 */
const SAME_REPOSITORY: readonly string[] = [
  'django/django felixxm/django',
  'matplotlib/matplotlib oscargus/matplotlib',
  'scikit-learn/scikit-learn ogrisel/scikit-learn',
  'pyvista/pyvista user27182/pyvista',
  'pylint-dev/pylint pycqa/pylint',
  'pylint-dev/astroid pycqa/astroid',
  'psf/requests kennethreitz/requests requests/requests',
  'psf/black ambv/black python/black',
  'pallets/flask mitsuhiko/flask',
  'pydantic/pydantic samuelcolvin/pydantic',
  'fastapi/fastapi tiangolo/fastapi',
  'astral-sh/ruff charliermarsh/ruff',
  'getmoto/moto spulec/moto',
  'treeverse/dvc iterative/dvc',
  'sqlfluff/sqlfluff alanmcruickshank/sqlfluff',
  'lightning-ai/pytorch-lightning pytorchlightning/pytorch-lightning williamfalcon/pytorch-lightning',
  'lightning-ai/torchmetrics pytorchlightning/metrics lightning-ai/metrics',
  'wandb/wandb wandb/client',
  'huggingface/transformers huggingface/pytorch-transformers huggingface/pytorch-pretrained-bert nielsrogge/transformers',
  'huggingface/datasets huggingface/nlp',
  'apache/mxnet apache/incubator-mxnet dmlc/mxnet',
  'apache/tvm apache/incubator-tvm dmlc/tvm',
  'apache/druid apache/incubator-druid druid-io/druid gargvishesh/druid',
  'apache/lucene apache/lucene-solr kkewwei/lucene',
  'apache/superset apache/incubator-superset airbnb/superset',
  'apache/airflow apache/incubator-airflow airbnb/airflow',
  'cvat-ai/cvat opencv/cvat openvinotoolkit/cvat',
  'containers/podman containers/libpod',
  'horovod/horovod uber/horovod',
  'pyro-ppl/pyro uber/pyro',
  'ansible/ansible-lint ansible-community/ansible-lint willthames/ansible-lint',
  'dmlc/xgboost tqchen/xgboost',
  'microsoft/lightgbm lightgbm-org/lightgbm',
  'ludwig-ai/ludwig uber/ludwig',
  'element-hq/element-web vector-im/element-web vector-im/riot-web',
  'ansible/ansible ansible-collections/ansible',
  'internetarchive/openlibrary openlibrary/openlibrary',
  'vuejs/core vuejs/vue-next',
  'mui/material-ui mui-org/material-ui callemall/material-ui',
  'axios/axios mzabriskie/axios',
  'preactjs/preact developit/preact',
  'facebook/docusaurus facebookincubator/docusaurus josh-cena/docusaurus',
  'immutable-js/immutable-js facebook/immutable-js',
  'caddyserver/caddy mholt/caddy',
  'gohugoio/hugo spf13/hugo',
  'etcd-io/etcd coreos/etcd etcd/etcd',
  'rubocop/rubocop rubocop-hq/rubocop bbatsov/rubocop',
  'jekyll/jekyll mojombo/jekyll',
  'faker-ruby/faker stympy/faker',
  'fastlane/fastlane krausefx/fastlane',
  'php-cs-fixer/php-cs-fixer friendsofphp/php-cs-fixer fabpot/php-cs-fixer',
  'phpoffice/phpspreadsheet phpoffice/phpexcel',
  'briannesbitt/carbon carbonphp/carbon',
  'redis/redis antirez/redis',
  'jqlang/jq stedolan/jq',
  'projectlombok/lombok rzwitserloot/lombok',
  'reactivex/rxjava netflix/rxjava',
  'eclipse-vertx/vert.x vert-x3/vertx-core',
  'pytest-dev/pytest hpk42/pytest',
  'pydata/xarray xray/xray shoyer/xray',
  'pandas-dev/pandas pydata/pandas wesm/pandas fangchenli/pandas',
  'vllm-project/vllm rocm/vllm',
  'ultralytics/ultralytics 3lc-ai/ultralytics',
  'oppia/oppia jnvtnguyen/oppia',
  'home-assistant/core home-assistant/home-assistant balloob/home-assistant',
  'ds4sd/docling docling-project/docling',
  'qiskit/qiskit qiskit/qiskit-terra qiskit/qiskit-sdk-py',
  'ukplab/sentence-transformers huggingface/sentence-transformers',
  'aio-libs/aiohttp keepsafe/aiohttp',
  'albumentations-team/albumentations albu/albumentations',
  'ansys/pymapdl pyansys/pymapdl akaszynski/pyansys',
  'dask/dask blaze/dask',
  'fortra/impacket secureauthcorp/impacket coresecurity/impacket',
  'jax-ml/jax google/jax',
  'keras-team/keras fchollet/keras',
  'kornia/kornia arraiyopensource/kornia arraiyopensource/torchgeometry',
  'mesonbuild/meson jpakkane/meson',
  'mlflow/mlflow databricks/mlflow',
  'netbox-community/netbox digitalocean/netbox',
  'phidatahq/phidata agno-agi/agno agno-agi/phidata',
  'prowler-cloud/prowler toniblyx/prowler',
  'py-pdf/pypdf py-pdf/pypdf2 mstamy2/pypdf2',
  'python/mypy jukka/mypy',
  'sktime/sktime alan-turing-institute/sktime',
  'huggingface/trl lvwerra/trl',
  'yt-dlp/yt-dlp ytdl-org/youtube-dl rg3/youtube-dl blackjack4494/yt-dlc',
  'fmtlib/fmt cppformat/cppformat vitaut/format',
  'babel/babel 6to5/6to5',
  'hashicorp/terraform opentofu/opentofu',
  'micropython/micropython adafruit/circuitpython',
  'bokeh/bokeh continuumio/bokeh',
]

const CANONICAL: ReadonlyMap<string, string> = new Map(
  SAME_REPOSITORY.flatMap((line) => {
    const names = line.split(' ')
    return names.map((name): [string, string] => [name, names[0] ?? name])
  }),
)

/** One name for all names of a repository: lower-cased, renames and known forks resolved. */
export function repositoryIdentity(repo: string): string {
  const name = repo.toLowerCase()
  return CANONICAL.get(name) ?? name
}

/** SWE-bench Verified: all twelve of its repositories (swebench.com, Jimenez et al. 2024). */
const VERIFIED: readonly string[] = [
  'astropy/astropy django/django matplotlib/matplotlib mwaskom/seaborn pallets/flask psf/requests pydata/xarray',
  'pylint-dev/pylint pytest-dev/pytest scikit-learn/scikit-learn sphinx-doc/sphinx sympy/sympy',
]

/** SWE-bench Multilingual: all 41 of its repositories (swebench.com/multilingual.html). */
const MULTILINGUAL: readonly string[] = [
  'apache/druid apache/lucene astral-sh/ruff axios/axios babel/babel briannesbitt/carbon burntsushi/ripgrep',
  'caddyserver/caddy facebook/docusaurus faker-ruby/faker fastlane/fastlane fluent/fluentd fmtlib/fmt',
  'gin-gonic/gin gohugoio/hugo google/gson hashicorp/terraform immutable-js/immutable-js javaparser/javaparser',
  'jekyll/jekyll jordansissel/fpm jqlang/jq laravel/framework micropython/micropython mrdoob/three.js',
  'nlohmann/json nushell/nushell php-cs-fixer/php-cs-fixer phpoffice/phpspreadsheet preactjs/preact',
  'projectlombok/lombok prometheus/prometheus reactivex/rxjava redis/redis rubocop/rubocop sharkdp/bat',
  'tokio-rs/axum tokio-rs/tokio uutils/coreutils valkey-io/valkey vuejs/core',
]

/**
 * LocBench (LocAgent, Chen et al. 2025): the repositories in this project's sample of it. The whole set has more: name
 * its file with `--exclude` before you publish numbers on it.
 */
const LOCBENCH: readonly string[] = [
  'aio-libs/aiohttp albumentations-team/albumentations ansible/ansible ansys/pymapdl bridgecrewio/checkov',
  'chainlit/chainlit cworthy-ocean/roms-tools dask/dask delgan/loguru django/django dmlc/dgl ds4sd/docling',
  'flet-dev/flet fortra/impacket getmoto/moto happy-algorithms-league/hal-cgp home-assistant/core',
  'huggingface/accelerate huggingface/diffusers huggingface/transformers huggingface/trl',
  'hyeneung/tech-blog-hub-site iterative/dvc jax-ml/jax keras-team/keras kiasambrook/tfl-live-tracker',
  'kornia/kornia langchain-ai/langgraph latchset/jwcrypto lightning-ai/pytorch-lightning matplotlib/matplotlib',
  'mesonbuild/meson mlflow/mlflow modin-project/modin netbox-community/netbox netflix/metaflow',
  'networkx/networkx nltk/nltk numpy/numpy open-mss/mss oppia/oppia pandas-dev/pandas phidatahq/phidata',
  'plasmapy/plasmapy prefecthq/prefect prowler-cloud/prowler py-pdf/pypdf pydantic/pydantic python/mypy',
  'qiskit/qiskit ray-project/ray roboflow/supervision rucio/rucio scikit-learn/scikit-learn scipy/scipy',
  'sktime/sktime speechbrain/speechbrain sqlfluff/sqlfluff standard-labs/real-intent streamlit/streamlit',
  'sympy/sympy tobymao/sqlglot traceloop/openllmetry ucl/tlomodel ukplab/sentence-transformers',
  'ultralytics/ultralytics uxarray/uxarray vllm-project/vllm webcompat/webcompat.com yt-dlp/yt-dlp zulip/zulip',
]

/** Identities of the repositories of evaluation sets, sorted. Nothing may be trained on them. */
export const EVALUATION_REPOSITORIES: readonly string[] = [
  ...new Set([...VERIFIED, ...MULTILINGUAL, ...LOCBENCH].flatMap((line) => line.split(' ')).map(repositoryIdentity)),
].sort()

const KNOWN_NAMES: ReadonlySet<string> = new Set(EVALUATION_REPOSITORIES)

/** Whether an evaluation set has the repository, under any of its names. */
export function isEvaluationRepository(repo: string): boolean {
  return KNOWN_NAMES.has(repositoryIdentity(repo))
}

/**
 * The first twelve digits of the first commit of each evaluation repository (by first parents), sorted. Clones and
 * forks share it, whatever their name. Read from clones of 109 of `EVALUATION_REPOSITORIES`; the others are known by
 * name only.
 */
const ROOTS: readonly string[] = [
  '0070e48ebceb 02de46a5464f 05488db498c1 07294378b39f 07ed4b679f51 0bea0268caa1 0d8e4bd6e958 13f190cfd613',
  '15216a0883d1 1677c4a52a0a 1edf5101afba 1f0bd8cac393 1ff298898661 239fc1b76761 2403f14853ad 2470b20ef5ab',
  '27b289ee3b30 27fef9c7385f 3401f6b46019 3c23f64d3970 3e79fee59e79 41fe40bfc84a 429d71943d6b 43badf217d1c',
  '48111d043ec5 49e55f7605ea 4a01c2be5740 4fa74b5252a2 509f27e5c601 50a1d6f3f155 55335ea45c41 57d1f32de5bf',
  '595ac51b5af7 5992a8ef2142 5c14d05ff44d 5ca5b61e528c 5d64e2da1bd1 6219bccc477c 649cf336e86d 6559097720cb',
  '6884233a744d 6a060dfd7ee1 6a56c25a8c8c 6a7138f5f603 6b10234e6ff5 6d01f6287c20 6f0826a9c169 70e993806e48',
  '71c229e8b647 7294faa9d945 734d28b51502 782e9c1ddc4d 792c6ed9428a 7efa227aa37b 859b5d7ea3b8 8f3b273337b5',
  '8f5a80ea07e0 91871496a21a 92fbeab6ad94 95f6fa16d532 99b21ff58ad2 9d0080576446 9d1e619ff359 9f2d17d2ffb1',
  'a0e7ee9d0d12 a30e858e59d7 a428c953ffd0 a4978c71cba6 a8e844dad563 a9ffb9785089 aeccba54d0bf afbead34db54',
  'b0e927629b22 b82b6191fb18 bc64194be17b bca076a03086 c2f70c737825 c3db5ceef7da c4b8d8a572aa c59a212a4cda',
  'c97696c224d7 cae39a8a2a6e d0dbe3994ca7 d189e05d2367 d2988f322b26 d4e96b33e343 d5b68f2fbddb d6dd1dfe19dd',
  'd6ded0e91bcd d9a61b1a6979 de69bb287c50 e256f9e622ff e2d996753bac e3139eea2f8e e7615cbc6b4a e7d9d9c08c79',
  'e9f1a5645ef7 eb1fb55ac331 ec27d5d8a168 eca89acee00f ed9b544e10b8 f1a2d6376c43 f31421576b00 f382b5ffc445',
  'f3b334623914 f6202cb59723 f88703334062 ff39cd6d4d01',
]

const KNOWN_ROOTS: ReadonlySet<string> = new Set(ROOTS.flatMap((line) => line.split(' ')))
const DIGITS = 12

/** Whether a history with this first commit (full hash) belongs to an evaluation repository. */
export function isEvaluationHistory(rootCommit: string): boolean {
  return KNOWN_ROOTS.has(rootCommit.slice(0, DIGITS))
}
